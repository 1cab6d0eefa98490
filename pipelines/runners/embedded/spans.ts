/** A set of whole numbers as few spans [from, to), in order; those of a stream that arrives nearly in order are one or two. */
interface Span {
  readonly from: number;
  readonly to: number;
}

export class Spans {
  /** Disjoint, not touching, ascending. */
  readonly #spans: Span[] = [];

  add(from: number, to: number): void {
    if (from >= to) return;
    const first = this.#firstTo(from);
    let end = first;
    let [low, high] = [from, to];
    for (let span = this.#spans[end]; span && span.from <= to; span = this.#spans[end]) {
      low = Math.min(low, span.from);
      high = Math.max(high, span.to);
      end += 1;
    }
    this.#spans.splice(first, end - first, { from: low, to: high });
  }

  remove(from: number, to: number): void {
    const first = this.#firstTo(from);
    let end = first;
    const rest: Span[] = [];
    for (let span = this.#spans[end]; span && span.from < to; span = this.#spans[end]) {
      if (span.from < from) rest.push({ from: span.from, to: Math.min(span.to, from) });
      if (span.to > to) rest.push({ from: to, to: span.to });
      end += 1;
    }
    this.#spans.splice(first, end - first, ...rest);
  }

  covers(from: number, to: number): boolean {
    const span = this.#spans[this.#firstTo(to)];
    return from >= to || (span !== undefined && span.from <= from);
  }

  /** Index of the first span that reaches to `number`. */
  #firstTo(number: number): number {
    let [low, high] = [0, this.#spans.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#spans[middle]!.to < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
