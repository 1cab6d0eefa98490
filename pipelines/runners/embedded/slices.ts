/** Elements of one key, kept once each, ordered by slices of event time; a window is a run of slices. */

/** Forgotten slices that stay in their arrays until they are the greater part: removing each at once is quadratic. */
const FEW = 32;

export class Slices {
  readonly key: unknown;
  /** Starts of the slices that hold something, ascending. */
  readonly #starts: number[] = [];
  /** What each holds, in order of arrival. */
  readonly #values: unknown[][] = [];
  /** Index of the first slice not forgotten. */
  #first = 0;

  constructor(key: unknown) {
    this.key = key;
  }

  get isEmpty(): boolean {
    return this.#first === this.#starts.length;
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

  /** Whether any slice starts in [first, last]. */
  holdsAnyIn(first: number, last: number): boolean {
    const start = this.#starts[this.#firstFrom(first)];
    return start !== undefined && start <= last;
  }

  /** A copy of what the slices starting in [first, last] hold. */
  collect(first: number, last: number): unknown[] {
    const index = this.#firstFrom(first);
    if (!(this.#starts[index]! <= last)) return [];
    const collected = this.#values[index]!.slice();
    for (let i = index + 1; this.#starts[i]! <= last; i += 1) {
      for (const value of this.#values[i]!) collected.push(value);
    }
    return collected;
  }

  /** Forgets slices starting at or before `start`; returns how many elements went. */
  dropUpTo(start: number): number {
    let dropped = 0;
    for (; this.#starts[this.#first]! <= start; this.#first += 1) {
      dropped += this.#values[this.#first]!.length;
      this.#values[this.#first] = [];
    }
    if (this.#first > FEW && this.#first * 2 > this.#starts.length) {
      this.#starts.splice(0, this.#first);
      this.#values.splice(0, this.#first);
      this.#first = 0;
    }
    return dropped;
  }

  /** Index of the first slice starting at or after `start`. Elements come nearly in order: looks at the end first. */
  #firstFrom(start: number): number {
    const starts = this.#starts;
    let high = starts.length;
    if (high === this.#first || starts[high - 1]! < start) return high;
    if (starts[high - 1] === start) return high - 1;
    let low = this.#first;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
