/** The exchange's own clock: true time plus a skew that it slews into, so that its stamps never go back. */

/** From true time `from` on the clock shows `at` and runs at `rate`. */
interface Segment {
  readonly from: number;
  readonly at: number;
  readonly rate: number;
}

/** How fast the clock is brought to another skew. Unit: ms of skew per ms. */
const SLEW = 0.5;

export class VenueClock {
  readonly #segments: Segment[] = [];

  /** The exchange's time, whole ms, at true time `ms`. */
  at(ms: number): number {
    for (let i = this.#segments.length - 1; i >= 0; i--) {
      const { from, at, rate } = this.#segments[i]!;
      if (ms >= from) return Math.floor(at + (ms - from) * rate);
    }
    return ms;
  }

  /** First true ms at which the exchange's time is `venueMs` or later. */
  trueTimeOf(venueMs: number): number {
    for (let i = this.#segments.length - 1; i >= 0; i--) {
      const { from, at, rate } = this.#segments[i]!;
      if (venueMs >= at) return from + Math.ceil((venueMs - at) / rate);
    }
    // Before the first segment the clock is right; between it and the segment there is no hole.
    return venueMs;
  }

  /** From true time `ms` on the skew goes to `skewMs`. What was steered for later is forgotten. */
  steer(ms: number, skewMs: number): void {
    const at = this.#exactly(ms);
    while ((this.#segments.at(-1)?.from ?? Number.NEGATIVE_INFINITY) >= ms) this.#segments.pop();
    const change = skewMs - (at - ms);
    const lasts = Math.abs(change) / SLEW;
    if (lasts > 0) this.#segments.push({ from: ms, at, rate: 1 + Math.sign(change) * SLEW });
    this.#segments.push({ from: ms + lasts, at: ms + lasts + skewMs, rate: 1 });
  }

  #exactly(ms: number): number {
    const segment = this.#segments.findLast(({ from }) => ms >= from);
    return segment ? segment.at + (ms - segment.from) * segment.rate : ms;
  }
}
