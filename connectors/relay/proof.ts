/** Which seconds are over: on our clock, and by what the feed itself has shown. */
import type { Clock } from '../clock/port.ts';

const SECOND = 1_000;
/** How long a second waits for proof that all of it has come. Unit: network ms. */
const PROOF_WAIT_MS = 500;

/**
 * A second is proven once the exchange has sent something stamped after it: a connection delivers in order, so its
 * trades are here, even where the network or this process lags. A feed that stands still is waited for only briefly.
 */
export class SecondsProof {
  readonly #networkClock: Clock;
  /** How far the feed had come when it last moved on, and when that was (network ms). */
  #progress = { until: Number.NEGATIVE_INFINITY, at: 0 };

  constructor(networkClock: Clock) {
    this.#networkClock = networkClock;
  }

  /** End of the newest proven second. `completeUntil`: exchange time up to which everything came, in market ms. */
  newest(now: number, completeUntil: number): number {
    const at = this.#networkClock.now();
    if (completeUntil !== this.#progress.until) this.#progress = { until: completeUntil, at };
    const isWaiting = at - this.#progress.at < PROOF_WAIT_MS;
    return Math.floor((isWaiting ? Math.min(now, completeUntil) : now) / SECOND) * SECOND;
  }
}
