/** Window ends with something due under them, taken in ascending order; keys under one end in order of their text. */

export class Agenda<T> {
  readonly #byEnd = new Map<number, Map<string, T>>();
  /** Ascending; nearly always appended to. Entries before `#head` are gone. */
  #ends: number[] = [];
  #head = 0;

  /** What is due at `end`, to read or to add to. */
  at(end: number): Map<string, T> {
    let due = this.#byEnd.get(end);
    if (due === undefined) {
      due = new Map();
      this.#byEnd.set(end, due);
      this.#insert(end);
    }
    return due;
  }

  peek(end: number, key: string): T | undefined {
    return this.#byEnd.get(end)?.get(key);
  }

  /** The earliest end, undefined where nothing is due. */
  next(): number | undefined {
    return this.#ends[this.#head];
  }

  /** Removes the earliest end and returns what was due there. */
  take(): [key: string, due: T][] {
    const end = this.#ends[this.#head]!;
    this.#head += 1;
    if (this.#head > 1_024 && this.#head * 2 > this.#ends.length) {
      this.#ends = this.#ends.slice(this.#head);
      this.#head = 0;
    }
    const due = [...this.#byEnd.get(end)!];
    this.#byEnd.delete(end);
    return due.length > 1 ? due.sort(([a], [b]) => (a < b ? -1 : 1)) : due;
  }

  #insert(end: number): void {
    let low = this.#head;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle]! < end) low = middle + 1;
      else high = middle;
    }
    if (low === this.#ends.length) this.#ends.push(end);
    else this.#ends.splice(low, 0, end);
  }
}
