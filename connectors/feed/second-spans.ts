/** A set of spans [from, to) of time, as few as may be; there are never many. */

export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

export class SecondSpans {
  #spans: TimeSpan[] = [];

  get isEmpty(): boolean {
    return this.#spans.length === 0;
  }

  /** Ascending, disjoint, not touching. */
  get all(): readonly TimeSpan[] {
    return this.#spans;
  }

  add(from: number, to: number): void {
    if (from >= to) return;
    const apart = this.#spans.filter((span) => span.to < from || span.from > to);
    const touching = this.#spans.filter((span) => span.to >= from && span.from <= to);
    const low = touching.reduce((least, span) => Math.min(least, span.from), from);
    const high = touching.reduce((most, span) => Math.max(most, span.to), to);
    this.#spans = [...apart, { from: low, to: high }].sort((a, b) => a.from - b.from);
  }

  remove(from: number, to: number): void {
    if (from >= to) return;
    this.#spans = this.#spans.flatMap((span) => [
      ...pieceOf(span.from, Math.min(span.to, from)),
      ...pieceOf(Math.max(span.from, to), span.to),
    ]);
  }
}

function pieceOf(from: number, to: number): TimeSpan[] {
  return from < to ? [{ from, to }] : [];
}
