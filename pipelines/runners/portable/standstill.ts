/** Whether something still gets on, judged by what it shows. */
import type { Clock } from '../../../connectors/clock/port.ts';

/** How often to look. Unit: ms. */
const LOOK_MS = 5_000;

export interface Watch {
  readonly clock: Clock;
  /** Unit: ms. */
  readonly limitMs: number;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * Looks are counted, not hours: a machine that slept is not a job that stood still.
 * @returns True once `look` has shown the same for the whole limit; false where the watch was ended. @throws what `look` throws.
 */
export async function standsStill(look: () => Promise<string>, watch: Watch): Promise<boolean> {
  const { clock, limitMs, signal } = watch;
  let shown = await look();
  let since = 0;
  while (since < limitMs) {
    await clock.until(clock.now() + LOOK_MS, signal);
    if (signal.aborted) return false;
    const now = await look();
    since = now === shown ? since + LOOK_MS : 0;
    shown = now;
  }
  return true;
}
