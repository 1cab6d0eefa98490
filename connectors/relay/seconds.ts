/** Which seconds of a symbol are over and not yet published: on our clock, and by what its feed has shown. */
import type { Instant } from './feed-io.ts';

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
  /** Start of the first second not yet taken. */
  #next: number;
  /** How far the feed had come when it last moved on, and when that was (network ms). */
  #until = Number.NEGATIVE_INFINITY;
  #movedAt = 0;

  constructor(startMs: number) {
    this.#next = Math.floor(startMs / SECOND) * SECOND;
  }

  /** Start of the first second not yet taken. */
  get next(): number {
    return this.#next;
  }

  /** `completeUntil`: exchange time up to which everything has come; Infinity where there is no feed to wait for. */
  areDue(at: Instant, completeUntil: number): boolean {
    return this.#end(at, completeUntil) > this.#next;
  }

  /** Starts of the seconds that are over, each once. */
  take(at: Instant, completeUntil: number): number[] {
    const end = this.#end(at, completeUntil);
    const taken: number[] = [];
    this.#next = Math.max(this.#next, end - MOST_MISSED_SECONDS * SECOND);
    for (; this.#next < end; this.#next += SECOND) taken.push(this.#next);
    return taken;
  }

  #end({ market, network }: Instant, completeUntil: number): number {
    if (completeUntil !== this.#until) {
      this.#until = completeUntil;
      this.#movedAt = network;
    }
    const isWaiting = network - this.#movedAt < PROOF_WAIT_MS;
    return Math.floor((isWaiting ? Math.min(market, completeUntil) : market) / SECOND) * SECOND;
  }
}
