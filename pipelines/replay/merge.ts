/** Several recorded streams as one: each keeps its order of arrival, and all advance together in market time. */

/** Rows of one stream with their times, in order of arrival. */
export interface TimedRows {
  readonly count: number;
  /** Unit: ms since the epoch. */
  readonly ts: Float64Array;
  /** Times of rows that were lost before the first of these: something is missing there. Unit: ms. */
  readonly holes?: readonly number[];
}

/** Rows [from, to) of a chunk come next. */
export interface Run<C> {
  /** Which stream. */
  readonly input: number;
  readonly chunk: C;
  readonly from: number;
  readonly to: number;
}

/** Told of every chunk as soon as the row before it has been taken, and of the end of a stream, once. */
interface Observer<C> {
  readonly onChunk?: (input: number, chunk: C) => void;
  readonly onEnd?: (input: number) => void;
}

/** Chunks read ahead of each stream: enough to keep the disk busy, few enough to stay small. */
const READ_AHEAD = 16;

/**
 * The next rows are those of the stream whose newest time, its next row included, is the smallest; of equals, the first.
 * So a late row comes where it came in its own file, and no stream runs ahead of another.
 */
export class Merge<C extends TimedRows> {
  readonly #inputs: Input<C>[];

  constructor(streams: readonly AsyncIterable<C>[], { onChunk, onEnd }: Observer<C> = {}) {
    this.#inputs = streams.map((stream, i) => {
      const onNext = (chunk: C) => onChunk?.(i, chunk);
      return new Input(stream, onNext, () => onEnd?.(i));
    });
  }

  /** The next run; undefined at the end of all; a promise where rows must be awaited before asking again. */
  next(): Run<C> | undefined | Promise<void> {
    let best = -1;
    let bestTs = Number.POSITIVE_INFINITY;
    let limit = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#inputs.length; i++) {
      const input = this.#inputs[i]!;
      const waiting = input.fill();
      if (waiting) return waiting;
      if (!input.chunk) continue;
      const ts = input.newestWithHead();
      if (ts < bestTs) {
        limit = bestTs;
        best = i;
        bestTs = ts;
      } else if (ts < limit) limit = ts;
    }
    if (best < 0) return undefined;
    return this.#inputs[best]!.take(best, limit);
  }

  close(): void {
    for (const input of this.#inputs) input.close();
  }
}

class Input<C extends TimedRows> {
  chunk: C | undefined;
  readonly #iterator: AsyncIterator<C>;
  readonly #ready: C[] = [];
  #at = 0;
  #newest = Number.NEGATIVE_INFINITY;
  #ended = false;
  #failure: unknown;
  #reading: Promise<void> | undefined;
  #hasYielded = false;
  #hasToldEnd = false;
  readonly #onChunk: (chunk: C) => void;
  readonly #onEnd: () => void;

  constructor(stream: AsyncIterable<C>, onChunk: (chunk: C) => void, onEnd: () => void) {
    this.#onChunk = onChunk;
    this.#onEnd = onEnd;
    this.#iterator = stream[Symbol.asyncIterator]();
    this.#readOn();
  }

  /** Makes `chunk` hold a row not yet taken, or undefined at the end; a promise where that must be awaited. */
  fill(): Promise<void> | undefined {
    while (!this.chunk || this.#at >= this.chunk.count) {
      // One turn of the event loop for each chunk: so the next is being read while this one is worked on.
      if (!this.#ended && !this.#hasYielded) {
        this.#hasYielded = true;
        return new Promise((resolve) => setImmediate(resolve));
      }
      this.chunk = this.#ready.shift();
      this.#at = 0;
      if (this.chunk) {
        this.#hasYielded = false;
        this.#onChunk(this.chunk);
        continue;
      }
      if (this.#failure) throw this.#failure;
      if (this.#ended) return this.#tellEnd();
      return this.#readOn();
    }
    return undefined;
  }

  #tellEnd(): undefined {
    if (!this.#hasToldEnd) this.#onEnd();
    this.#hasToldEnd = true;
  }

  newestWithHead(): number {
    const ts = this.chunk!.ts[this.#at]!;
    return Math.max(ts, this.#newest);
  }

  /** Rows up to the first that would pass `limit`, one at least. */
  take(input: number, limit: number): Run<C> {
    const chunk = this.chunk!;
    const from = this.#at;
    let newest = this.newestWithHead();
    let to = from + 1;
    for (; to < chunk.count; to++) {
      const ts = chunk.ts[to]!;
      if (ts <= newest) continue;
      if (ts >= limit) break;
      newest = ts;
    }
    this.#at = to;
    this.#newest = newest;
    return { input, chunk, from, to };
  }

  close(): void {
    this.#ended = true;
    void this.#iterator.return?.()?.catch(() => undefined);
  }

  #readOn(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
      if (!this.#ended && !this.#failure && this.#ready.length < READ_AHEAD) void this.#readOn();
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#iterator.next();
      if (done) this.#ended = true;
      else this.#ready.push(value);
    } catch (error) {
      this.#failure = error;
    }
  }
}
