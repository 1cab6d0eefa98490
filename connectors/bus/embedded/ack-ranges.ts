/** Which offsets are settled: sorted, disjoint half-open ranges. Acks come mostly in order, so there are few. */

export interface Range {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export class AckRanges {
  readonly #ranges: Range[] = [];
  #count = 0;

  /** Offsets covered. */
  get count(): number {
    return this.#count;
  }

  /** The first offset not covered. */
  get floor(): number {
    const first = this.#ranges[0];
    return first?.from === 0 ? first.to : 0;
  }

  all(): readonly Range[] {
    return this.#ranges;
  }

  has(offset: number): boolean {
    const range = this.#ranges[this.#indexEndingBehind(offset)];
    return range !== undefined && range.from <= offset;
  }

  /** Covers [from, to), what is covered already included. */
  add(from: number, to: number): void {
    if (from >= to) return;
    // Ranges that touch [from, to): they merge with it.
    const first = this.#indexEndingBehind(from - 1);
    let next = first;
    let merged = { from, to };
    for (; next < this.#ranges.length && this.#ranges[next]!.from <= to; next++) {
      const range = this.#ranges[next]!;
      merged = { from: Math.min(merged.from, range.from), to: Math.max(merged.to, range.to) };
      this.#count -= range.to - range.from;
    }
    this.#ranges.splice(first, next - first, merged);
    this.#count += merged.to - merged.from;
  }

  /** Forgets everything at or behind `end`. */
  clamp(end: number): void {
    const kept = this.#ranges.filter((range) => range.from < end);
    this.#ranges.length = 0;
    this.#count = 0;
    for (const range of kept) this.add(range.from, Math.min(range.to, end));
  }

  /** Index of the first range with to > offset. */
  #indexEndingBehind(offset: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ranges[middle]!.to > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
