/** Waiting for work, but not for ever. */
import type { Clock } from './port.ts';

/**
 * Waits for the work, at most for `ms` of the clock's time; what takes longer goes on unwatched, its failure unheard.
 * @returns Whether the work is done. @throws What the work throws within the time.
 */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  try {
    const done = work.then(() => true);
    const late = clock.until(clock.now() + ms, over.signal).then(() => false);
    return await Promise.race([done, late]);
  } finally {
    over.abort();
  }
}
