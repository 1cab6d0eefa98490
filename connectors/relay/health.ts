/** When a feed could be trusted: which seconds it may vouch for. Pure; times are market ms. */

/** A frame at least this often is proof of life; with books and tickers subscribed, far more come. */
const PROOF_MS = 5_000;

interface Span {
  readonly from: number;
  /** Infinity while it lasts. */
  to: number;
}

export class FeedHealth {
  #spans: Span[] = [];

  get isUp(): boolean {
    return this.#spans.at(-1)?.to === Number.POSITIVE_INFINITY;
  }

  up(now: number): void {
    if (!this.isUp) this.#spans.push({ from: now, to: Number.POSITIVE_INFINITY });
  }

  down(now: number): void {
    const span = this.#spans.at(-1);
    if (span) span.to = Math.min(span.to, now);
  }

  /**
   * True where the connection stood through all of [second, second + 1000) and was alive: a frame came then, later,
   * or shortly before. A later frame proves it, since a connection loses nothing in its middle.
   */
  vouchesFor(second: number, lastFrame: number): boolean {
    if (lastFrame < second + 1_000 - PROOF_MS) return false;
    return this.#spans.some(({ from, to }) => from <= second && second + 1_000 <= to);
  }

  /** Forgets what lies before a second that has been published. */
  forgetBefore(second: number): void {
    if (this.#spans[0] && this.#spans[0].to < second)
      this.#spans = this.#spans.filter(({ to }) => to >= second);
  }
}
