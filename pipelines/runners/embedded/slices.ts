/** Elements of one key, kept once each, ordered by slices of event time; a window is a run of slices. */

/** Forgotten elements that stay in their arrays until they are the greater part: removing each at once is quadratic. */
const FEW = 32;

export class Slices {
  readonly key: unknown;
  /** Starts of the slices that hold something, ascending. */
  readonly #starts: number[] = [];
  /** Where each slice ends: how many elements were ever before that. */
  readonly #ends: number[] = [];
  /** All elements, by slice, then order of arrival: a window's are one stretch, copied at once. */
  readonly #values: unknown[] = [];
  /** Index of the first slice not forgotten. */
  #first = 0;
  /** Elements removed from `#values` so far. */
  #removed = 0;

  constructor(key: unknown) {
    this.key = key;
  }

  get isEmpty(): boolean {
    return this.#first === this.#starts.length;
  }

  /** True where the slice is new. */
  add(start: number, value: unknown): boolean {
    const index = this.#firstFrom(start);
    const isNew = this.#starts[index] !== start;
    if (index === this.#starts.length) {
      this.#starts.push(start);
      this.#ends.push(this.#removed + this.#values.length);
    } else if (isNew) {
      this.#starts.splice(index, 0, start);
      this.#ends.splice(index, 0, this.#beginning(index));
    }
    if (index === this.#starts.length - 1) this.#values.push(value);
    else this.#values.splice(this.#ends[index]! - this.#removed, 0, value);
    for (let i = index; i < this.#ends.length; i += 1) this.#ends[i]! += 1;
    return isNew;
  }

  /** Whether any slice starts in [first, last]. */
  holdsAnyIn(first: number, last: number): boolean {
    const start = this.#starts[this.#firstFrom(first)];
    return start !== undefined && start <= last;
  }

  /** A copy of what the slices starting in [first, last] hold. */
  collect(first: number, last: number): unknown[] {
    const from = this.#beginning(this.#firstFrom(first));
    const behind = this.#firstFrom(last);
    const to = this.#starts[behind] === last ? this.#ends[behind]! : this.#beginning(behind);
    return this.#values.slice(from - this.#removed, to - this.#removed);
  }

  /** Forgets slices starting at or before `start`; returns how many elements went. */
  dropUpTo(start: number): number {
    const before = this.#beginning(this.#first);
    while (this.#first < this.#starts.length && this.#starts[this.#first]! <= start) this.#first += 1;
    const after = this.#beginning(this.#first);
    const forgotten = after - this.#removed;
    if (forgotten > FEW && forgotten * 2 > this.#values.length) this.#compact(forgotten);
    return after - before;
  }

  #compact(forgotten: number): void {
    this.#starts.splice(0, this.#first);
    this.#ends.splice(0, this.#first);
    this.#values.splice(0, forgotten);
    this.#first = 0;
    this.#removed += forgotten;
  }

  #beginning(index: number): number {
    return index === 0 ? this.#removed : this.#ends[index - 1]!;
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
