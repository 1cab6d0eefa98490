/** Market time that runs faster (or slower) than the clock it is driven by. */
import { ConfigError } from '../../schemas/errors.ts';
import type { Clock } from './port.ts';

export interface Acceleration {
  /** Market time at the moment of creation. Unit: ms since the epoch. */
  readonly start: number;
  /** Market milliseconds per millisecond of `base`. */
  readonly speed: number;
  readonly base: Clock;
  /** Stands at `start` until `begin`. */
  readonly isHeld?: boolean;
}

export interface AcceleratedClock extends Clock {
  /** Runs from now on. Idempotent. */
  begin(): void;
}

/** now = start + elapsed time of `base` × speed, in whole ms. @throws ConfigError where speed is not positive. */
export function acceleratedClock({ start, speed, base, isHeld = false }: Acceleration): AcceleratedClock {
  if (!(speed > 0 && Number.isFinite(speed))) {
    throw new ConfigError(`Expected a speed above 0, got ${speed}. Use 1 for real time.`);
  }
  const held = new AbortController();
  let origin = base.now();
  const begin = () => {
    if (held.signal.aborted) return;
    origin = base.now();
    held.abort(true);
  };
  if (!isHeld) begin();
  const now = () => (held.signal.aborted ? Math.floor(start + (base.now() - origin) * speed) : start);
  return {
    now,
    begin,
    async until(ms, signal) {
      if (ms === Number.POSITIVE_INFINITY) return base.until(ms, signal);
      if (now() < ms && !held.signal.aborted) {
        await base.until(
          Number.POSITIVE_INFINITY,
          signal ? AbortSignal.any([signal, held.signal]) : held.signal,
        );
      }
      let target = origin + Math.ceil((ms - start) / speed);
      // Rounding may land one base tick short.
      while (now() < ms && !signal?.aborted) await base.until(target++, signal);
    },
  };
}
