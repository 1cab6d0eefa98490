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
  /**
   * Market time moves at most this far until the process has turned to everything else that is due. Where the machine
   * cannot follow, the market is slower than `speed`, and what is told of it is never older than it should be: without
   * this, a pause of 50 ms at 60× is one of three seconds. Left out: it always keeps pace. Unit: ms.
   */
  readonly mostAtOnceMs?: number;
}

export interface AcceleratedClock extends Clock {
  /** Runs from now on. Idempotent. */
  begin(): void;
  /** Stands still for ever. Idempotent. */
  end(): void;
}

/** now = start + elapsed time of `base` × speed, in whole ms. @throws ConfigError where speed is not positive. */
export function acceleratedClock(options: Acceleration): AcceleratedClock {
  const { speed } = options;
  if (!(speed > 0 && Number.isFinite(speed))) {
    throw new ConfigError(`Expected a speed above 0, got ${speed}. Use 1 for real time.`);
  }
  return new Accelerated(options);
}

class Accelerated implements AcceleratedClock {
  readonly #base: Clock;
  readonly #speed: number;
  readonly #mostAtOnce: number;
  readonly #begun = new AbortController();
  readonly #ended = new AbortController();
  /** Market time, and that of `base`, at the last turn. */
  #market: number;
  #turn: number;

  constructor({ start, speed, base, isHeld = false, mostAtOnceMs = Number.POSITIVE_INFINITY }: Acceleration) {
    this.#base = base;
    this.#speed = speed;
    this.#mostAtOnce = mostAtOnceMs;
    this.#market = start;
    this.#turn = base.now();
    if (!isHeld) this.begin();
  }

  now(): number {
    return Math.floor(this.#now());
  }

  begin(): void {
    if (this.#begun.signal.aborted) return;
    this.#turn = this.#base.now();
    this.#begun.abort(true);
    if (this.#mostAtOnce < Number.POSITIVE_INFINITY) void this.#keepTurning();
  }

  end(): void {
    this.#market = this.#now();
    this.#ended.abort();
  }

  async until(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms === Number.POSITIVE_INFINITY) return this.#base.until(ms, signal);
    if (this.now() < ms && !this.#begun.signal.aborted) {
      const { signal: begun } = this.#begun;
      await this.#base.until(Number.POSITIVE_INFINITY, signal ? AbortSignal.any([signal, begun]) : begun);
    }
    while (this.now() < ms && !signal?.aborted) {
      // Rounding may land one base tick short.
      const left = Math.max(1, Math.ceil((ms - this.#now()) / this.#speed));
      await this.#base.until(this.#base.now() + left, signal);
    }
  }

  #now(): number {
    if (!this.#begun.signal.aborted || this.#ended.signal.aborted) return this.#market;
    return this.#market + Math.min((this.#base.now() - this.#turn) * this.#speed, this.#mostAtOnce);
  }

  async #keepTurning(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await this.#base.until(this.#base.now() + Math.max(1, this.#mostAtOnce / this.#speed / 2), signal);
      if (signal.aborted) return;
      this.#market = this.#now();
      this.#turn = this.#base.now();
    }
  }
}
