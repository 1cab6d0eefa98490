/** What other streams tell of trades that the trade stream has not brought. Times are network ms. */

/** What tells of a trade may come so long after it. */
const BEFORE_MS = 2_000;

export class Witness {
  #tradedAt = Number.NEGATIVE_INFINITY;
  #isWaiting = false;

  /** A trade has come. */
  traded(network: number): void {
    this.#tradedAt = network;
    this.#isWaiting = false;
  }

  /** Someone knows of a trade. True where it is none that came just now. */
  told(network: number): boolean {
    if (network - this.#tradedAt > BEFORE_MS) this.#isWaiting = true;
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
