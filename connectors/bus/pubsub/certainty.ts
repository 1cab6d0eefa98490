/**
 * Whether older messages may still come. Pub/Sub tells neither what it holds nor in which order it will deliver, so
 * this is judged by what was seen: publish times are the server's own, and only compared with each other.
 */

export interface CertaintyOptions {
  /** After opening, messages of a reader that died may be leased for this long. Unit: ms. */
  readonly leaseMs: number;
  /** A message published this much before one already seen shows a backlog. Unit: ms. */
  readonly lagMs: number;
  /** The backlog counts as read when none such has come for this long. Unit: ms. */
  readonly quietMs: number;
}

export class Certainty {
  readonly #options: CertaintyOptions;
  #newestPublishedMs = Number.NEGATIVE_INFINITY;
  #uncertainUntilMs = Number.POSITIVE_INFINITY;
  #wasConnected = false;
  #isConnected = false;
  #isFull = false;

  constructor(options: CertaintyOptions) {
    this.#options = options;
  }

  connected(nowMs: number): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    const { leaseMs, quietMs } = this.#options;
    // A lease that has run out takes the server a moment to act on.
    const untilMs = nowMs + quietMs + (this.#wasConnected ? 0 : leaseMs);
    this.#uncertainUntilMs = this.#wasConnected ? Math.max(this.#uncertainUntilMs, untilMs) : untilMs;
    this.#wasConnected = true;
  }

  disconnected(): void {
    this.#isConnected = false;
  }

  arrived(publishedMs: number, nowMs: number): void {
    if (publishedMs < this.#newestPublishedMs - this.#options.lagMs) this.#hold(nowMs);
    this.#newestPublishedMs = Math.max(this.#newestPublishedMs, publishedMs);
  }

  /** While the reader takes no more, nothing is known of what waits at the server. */
  full(isFull: boolean, nowMs: number): void {
    if (this.#isFull && !isFull) this.#hold(nowMs);
    this.#isFull = isFull;
  }

  /** True where everything published earlier than the newest message seen (less the lag) has been seen, as far as can be told. */
  isCaughtUp(nowMs: number): boolean {
    return this.#isConnected && !this.#isFull && nowMs >= this.#uncertainUntilMs;
  }

  #hold(nowMs: number): void {
    this.#uncertainUntilMs = Math.max(this.#uncertainUntilMs, nowMs + this.#options.quietMs);
  }
}
