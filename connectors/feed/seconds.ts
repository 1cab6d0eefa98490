/** Which seconds of a symbol are over and not yet published: on our clock, and by what its feed has shown. */
import type { Instant } from './feed-io.ts';

const SECOND = 1_000;
/** A symbol that has shown nothing for so long is silent: its connection speaks for it. Unit: network ms. */
const SILENT_MS = 500;
/** A connection that has shown nothing for so long is not waited for; heartbeats come each second. Unit: network ms. */
const STILL_MS = 1_500;
/** After a longer pause (a laptop asleep) only the newest seconds are published; the others count as not covered. */
const MOST_MISSED_SECONDS = 3_600;

/** How far a feed has come, as exchange time in ms; Infinity where there is none to wait for. */
export interface Progress {
  /** What the symbol itself has shown. */
  readonly own: number;
  /** What its connection has shown, by whatever it carries. */
  readonly proven: number;
}

/** Nothing delivers: our clock alone tells. */
export const NO_FEED: Progress = { own: Number.POSITIVE_INFINITY, proven: Number.POSITIVE_INFINITY };

/**
 * A second is over once the exchange has sent something of the symbol stamped after it: a connection delivers in
 * order, so its trades are here, even where the network or this process lags. Where the symbol is silent, anything of
 * its connection will do. A connection that stands still is waited for only briefly.
 */
export class Seconds {
  /** Start of the first second not yet taken. */
  #next: number;
  readonly #own = new Mark();
  readonly #proven = new Mark();

  constructor(startMs: number) {
    this.#next = Math.floor(startMs / SECOND) * SECOND;
  }

  /** Start of the first second not yet taken. */
  get next(): number {
    return this.#next;
  }

  areDue(at: Instant, progress: Progress): boolean {
    return this.#end(at, progress) > this.#next;
  }

  /** Starts of the seconds that are over, each once. */
  take(at: Instant, progress: Progress): number[] {
    const end = this.#end(at, progress);
    const taken: number[] = [];
    this.#next = Math.max(this.#next, end - MOST_MISSED_SECONDS * SECOND);
    for (; this.#next < end; this.#next += SECOND) taken.push(this.#next);
    return taken;
  }

  #end({ market, network }: Instant, { own, proven }: Progress): number {
    const isSilent = this.#own.standsStill(own, network) >= SILENT_MS;
    const isStill = this.#proven.standsStill(proven, network) >= STILL_MS;
    const until = isSilent ? Math.max(own, isStill ? market : proven) : own;
    return Math.floor(Math.min(market, until) / SECOND) * SECOND;
  }
}

/** How far something had come when it last moved on, and when that was. */
class Mark {
  #until = Number.NEGATIVE_INFINITY;
  #movedAt = 0;

  /** For how long it has stood still. Unit: network ms. */
  standsStill(until: number, network: number): number {
    if (until !== this.#until) {
      this.#until = until;
      this.#movedAt = network;
    }
    return network - this.#movedAt;
  }
}
