/** Every DoFn that only our worker knows: importing this makes them known. */
import './index.ts';
import './pubsub-read.ts';
import './pubsub-write.ts';
import './spool.ts';
