/**
 * How far our clock is ahead of the exchange's, plus the shortest way from there to here. Pure.
 *
 * Each data event tells receive − event time = offset + delay, where the delay is never negative: the minimum over a
 * window is the offset plus the shortest delay. In each slice of the window the third smallest counts, since a single
 * wrong time stamp must not decide; the window moves on, so that drifting and corrected clocks are followed.
 */

const SLICE_MS = 5_000;
const SLICES = 12;
/** Smallest values that a slice keeps; the largest of them counts. */
const KEPT = 3;

interface Slice {
  readonly until: number;
  /** Ascending. */
  readonly smallest: number[];
}

/** Unit of all times: ms. */
export class ClockOffset {
  #slices: Slice[] = [];
  #offset: number | null = null;

  /** @param eventTime When the exchange sent it, by its clock. @param receivedAt By ours. */
  add(eventTime: number, receivedAt: number): void {
    let slice = this.#slices.at(-1);
    // Also where our own clock has been set back: what it told before is of another time.
    if (!slice || receivedAt >= slice.until || receivedAt < slice.until - SLICE_MS) {
      slice = this.#begin(receivedAt);
    }
    const { smallest } = slice;
    const difference = receivedAt - eventTime;
    if (smallest.length === KEPT && difference >= smallest[KEPT - 1]!) return;
    smallest.push(difference);
    smallest.sort((a, b) => a - b);
    if (smallest.length > KEPT) smallest.pop();
    this.#offset = this.#minimum();
  }

  /** Null until something has come. Up to the shortest delay, which nobody can tell apart. */
  get offsetMs(): number | null {
    return this.#offset;
  }

  /** What the exchange's clock shows at a moment of ours, less the shortest delay: all that it sent before has come. */
  exchangeTime(now: number): number {
    return now - (this.#offset ?? 0);
  }

  #begin(now: number): Slice {
    const oldest = now - SLICES * SLICE_MS;
    this.#slices = this.#slices.filter(({ until }) => until > oldest && until <= now);
    const slice = { until: now + SLICE_MS, smallest: [] };
    this.#slices.push(slice);
    return slice;
  }

  /** Of slices that have enough to tell; a beginning takes what there is. */
  #minimum(): number {
    const told = this.#slices.filter(({ smallest }) => smallest.length === KEPT);
    const slices = told.length > 0 ? told : this.#slices;
    return Math.min(...slices.map(({ smallest }) => smallest.at(-1) ?? Number.POSITIVE_INFINITY));
  }
}
