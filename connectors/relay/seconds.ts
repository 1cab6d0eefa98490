/** Which seconds of a symbol are over and not yet published: on our clock, and by what its feed has shown. */
import type { Clock } from '../clock/port.ts';

const SECOND = 1_000;
/** How long a second waits for proof that all of it has come. Unit: network ms. */
const PROOF_WAIT_MS = 500;
/** After a longer pause (a laptop asleep) only the newest seconds are published; the others count as not covered. */
const MOST_MISSED_SECONDS = 3_600;

/**
 * A second is proven once the exchange has sent something of the symbol stamped after it: a connection delivers in
 * order, so its trades are here, even where the network or this process lags. A feed that stands still is waited for
 * only briefly.
 */
export class Seconds {
  readonly #networkClock: Clock;
  /** Start of the first second not yet taken. */
  #next: number;
  /** How far the feed had come when it last moved on, and when that was (network ms). */
  #progress = { until: Number.NEGATIVE_INFINITY, at: 0 };

  constructor(networkClock: Clock, startMs: number) {
    this.#networkClock = networkClock;
    this.#next = Math.floor(startMs / SECOND) * SECOND;
  }

  /** `completeUntil`: exchange time up to which everything has come; Infinity where there is no feed to wait for. */
  areDue(now: number, completeUntil: number): boolean {
    return this.#end(now, completeUntil) > this.#next;
  }

  /** Starts of the seconds that are over, each once. */
  take(now: number, completeUntil: number): number[] {
    const end = this.#end(now, completeUntil);
    const taken: number[] = [];
    this.#next = Math.max(this.#next, end - MOST_MISSED_SECONDS * SECOND);
    for (; this.#next < end; this.#next += SECOND) taken.push(this.#next);
    return taken;
  }

  #end(now: number, completeUntil: number): number {
    const at = this.#networkClock.now();
    if (completeUntil !== this.#progress.until) this.#progress = { until: completeUntil, at };
    const isWaiting = at - this.#progress.at < PROOF_WAIT_MS;
    return Math.floor((isWaiting ? Math.min(now, completeUntil) : now) / SECOND) * SECOND;
  }
}
