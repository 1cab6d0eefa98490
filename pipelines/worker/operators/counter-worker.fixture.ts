/** A worker that knows the counter, too. */
import './counter.fixture.ts';
import '../main.ts';
