/** Elements of one key, kept once each, in slices of event time; a window is a run of slices. */

export class Slices {
  readonly key: unknown;
  /** Slice starts, ascending; only slices that hold something. */
  readonly #starts: number[] = [];
  readonly #values: unknown[][] = [];

  constructor(key: unknown) {
    this.key = key;
  }

  get isEmpty(): boolean {
    return this.#starts.length === 0;
  }

  /** True where the slice is new. */
  add(start: number, value: unknown): boolean {
    const index = this.#firstFrom(start);
    if (this.#starts[index] === start) {
      this.#values[index]!.push(value);
      return false;
    }
    if (index === this.#starts.length) {
      this.#starts.push(start);
      this.#values.push([value]);
    } else {
      this.#starts.splice(index, 0, start);
      this.#values.splice(index, 0, [value]);
    }
    return true;
  }

  holdsAnyIn(from: number, to: number): boolean {
    const start = this.#starts[this.#firstFrom(from)];
    return start !== undefined && start < to;
  }

  /** A copy of what the slices starting in [from, to) hold, by slice, then order of arrival. */
  collect(from: number, to: number): unknown[] {
    const first = this.#firstFrom(from);
    const next = this.#starts[first + 1];
    if (next === undefined || next >= to) return this.#values[first]!.slice();
    const all: unknown[] = [];
    for (let i = first; i < this.#starts.length && this.#starts[i]! < to; i += 1) {
      for (const value of this.#values[i]!) all.push(value);
    }
    return all;
  }

  /** Forgets slices starting at or before `start`; returns how many elements went. */
  dropUpTo(start: number): number {
    let count = 0;
    let dropped = 0;
    while (count < this.#starts.length && this.#starts[count]! <= start) {
      dropped += this.#values[count]!.length;
      count += 1;
    }
    if (count > 0) {
      this.#starts.splice(0, count);
      this.#values.splice(0, count);
    }
    return dropped;
  }

  /** Index of the first slice starting at or after `start`. Elements come nearly in order: looks at the end first. */
  #firstFrom(start: number): number {
    const starts = this.#starts;
    let high = starts.length;
    if (high === 0 || starts[high - 1]! < start) return high;
    let low = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
