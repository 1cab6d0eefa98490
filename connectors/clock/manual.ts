/** A clock that moves only when told to: tests and replays run on it. */
import { InvariantError } from '../../schemas/errors.ts';
import type { Clock } from './port.ts';

interface Waiter {
  readonly ms: number;
  readonly wake: () => void;
}

export class ManualClock implements Clock {
  #now: number;
  /** By time, then by order of arrival. */
  readonly #waiters: Waiter[] = [];

  constructor(startMs = 0) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  until(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= this.#now || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const leave = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        resolve();
      };
      const wake = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const waiter = { ms, wake };
      const later = this.#waiters.findIndex((other) => other.ms > ms);
      this.#waiters.splice(later < 0 ? this.#waiters.length : later, 0, waiter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /**
   * Moves time forward, stopping at each waiter on the way: it is woken at its own time, and what it does in
   * answer (microtasks, and waits it adds) happens before time goes on. With nobody waiting, time moves at once.
   * @throws InvariantError where `ms` lies in the past.
   */
  async advanceTo(ms: number): Promise<void> {
    if (ms < this.#now) throw new InvariantError(`Expected a time from ${this.#now} on, got ${ms}.`);
    for (;;) {
      const next = this.#waiters[0];
      if (!next || next.ms > ms) break;
      this.#waiters.shift();
      this.#now = Math.max(this.#now, next.ms);
      next.wake();
      await new Promise(setImmediate);
    }
    this.#now = Math.max(this.#now, ms);
  }
}
