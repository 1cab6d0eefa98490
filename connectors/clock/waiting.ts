/** Waiting on a timer: what setTimeout cannot do alone (long waits, early wake-ups, abort). */

/** setTimeout fires at once above this. Unit: ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Resolves once `now()` ≥ ms, or when the signal aborts. */
export async function waitUntil(now: () => number, ms: number, signal?: AbortSignal): Promise<void> {
  // A timer may fire a fraction of a millisecond early, and a long wait is several timers: so look again.
  for (let left = ms - now(); left > 0 && !signal?.aborted; left = ms - now()) {
    await sleep(Math.min(left, LONGEST_TIMER_MS), signal);
  }
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.ceil(ms));
    signal?.addEventListener('abort', done);
  });
}
