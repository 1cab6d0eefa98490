/** What other streams tell of trades that the trade stream has not brought. Times are network ms. */

/** Two streams may be so far apart. */
const APART_MS = 2_000;

export class Witness {
  #tradedAt = Number.NEGATIVE_INFINITY;
  #isWaiting = false;

  /** A trade has come. */
  traded(network: number): void {
    this.#tradedAt = network;
    this.#isWaiting = false;
  }

  /** Someone knows of a trade after `since`. True where it is none that we have. */
  told(since: number): boolean {
    if (this.#tradedAt < since - APART_MS) this.#isWaiting = true;
    return this.#isWaiting;
  }

  /** A trade is spoken of and not here, perhaps not yet: nothing is vouched for meanwhile. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** What it told of was looked for elsewhere. */
  settled(): void {
    this.#isWaiting = false;
  }
}
