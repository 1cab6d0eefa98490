/** Every DoFn that only our worker knows: importing this makes them known. */
import './index.ts';
import './spool.ts';
