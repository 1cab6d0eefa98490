/** Market time that runs faster (or slower) than the clock it is driven by. */
import { ConfigError } from '../../schemas/errors.ts';
import type { Clock } from './port.ts';

export interface Acceleration {
  /** Market time at the moment of creation. Unit: ms since the epoch. */
  readonly start: number;
  /** Market milliseconds per millisecond of `base`. */
  readonly speed: number;
  readonly base: Clock;
}

/** now = start + elapsed time of `base` × speed, in whole ms. @throws ConfigError where speed is not positive. */
export function acceleratedClock({ start, speed, base }: Acceleration): Clock {
  if (!(speed > 0 && Number.isFinite(speed))) {
    throw new ConfigError(`Expected a speed above 0, got ${speed}. Use 1 for real time.`);
  }
  const origin = base.now();
  const now = () => Math.floor(start + (base.now() - origin) * speed);
  return {
    now,
    async until(ms, signal) {
      if (ms === Number.POSITIVE_INFINITY) return base.until(ms, signal);
      let target = origin + Math.ceil((ms - start) / speed);
      // Rounding may land one base tick short.
      while (now() < ms && !signal?.aborted) await base.until(target++, signal);
    },
  };
}
