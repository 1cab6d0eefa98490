/** Which trades of a symbol are known: their ids as hashes, in bounded memory and without an object per trade. */

/** Ids in a generation at most; at least as many of the newest are remembered, at most twice as many. */
const MAX_IDS = 8_192;
const FIRST_SLOTS = 256;

/** Slots of 8 bytes; linear probing. A slot is free where its lower half is 0. */
class Generation {
  size = 0;
  newestTs = Number.NEGATIVE_INFINITY;
  #mask = FIRST_SLOTS - 1;
  #high = new Int32Array(FIRST_SLOTS);
  #low = new Int32Array(FIRST_SLOTS);

  has(high: number, low: number): boolean {
    return this.#low[this.#slotOf(high, low)] !== 0;
  }

  add(high: number, low: number, ts: number): void {
    if (this.size * 2 > this.#mask) this.#grow();
    this.#put(high, low);
    this.size++;
    if (ts > this.newestTs) this.newestTs = ts;
  }

  /** Its own place, or the free one where it would stand. */
  #slotOf(high: number, low: number): number {
    let slot = low & this.#mask;
    while (this.#low[slot] !== 0 && !(this.#low[slot] === low && this.#high[slot] === high)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  #put(high: number, low: number): void {
    const slot = this.#slotOf(high, low);
    this.#high[slot] = high;
    this.#low[slot] = low;
  }

  #grow(): void {
    const [highs, lows] = [this.#high, this.#low];
    const slots = lows.length * 2;
    this.#mask = slots - 1;
    this.#high = new Int32Array(slots);
    this.#low = new Int32Array(slots);
    for (let slot = 0; slot < lows.length; slot++) {
      if (lows[slot] !== 0) this.#put(highs[slot]!, lows[slot]!);
    }
  }
}

/**
 * A trade is the same where 64 bits of its id's hash are: that another of the thousands that are remembered has them
 * too has a chance below 1e-14 a trade.
 */
export class RecentTrades {
  readonly #maxIds: number;
  #current = new Generation();
  #previous = new Generation();
  #high = 0;
  #low = 0;
  /** Of trades up to here some may have been forgotten. Unit: ms since the epoch. */
  horizon = Number.NEGATIVE_INFINITY;

  constructor(maxIds = MAX_IDS) {
    this.#maxIds = maxIds;
  }

  has(tradeId: string): boolean {
    this.#hash(tradeId);
    return (
      this.#current.has(this.#high, this.#low) ||
      (this.#previous.size > 0 && this.#previous.has(this.#high, this.#low))
    );
  }

  /** False where it is known already. */
  add(tradeId: string, ts: number): boolean {
    if (this.has(tradeId)) return false;
    if (this.#current.size >= this.#maxIds) {
      this.horizon = Math.max(this.horizon, this.#previous.newestTs);
      this.#previous = this.#current;
      this.#current = new Generation();
    }
    this.#current.add(this.#high, this.#low, ts);
    return true;
  }

  /** cyrb53's mixing (bryc, public domain), both halves kept whole. */
  #hash(text: string): void {
    let high = 0xdeadbeef | 0;
    let low = 0x41c6ce57 | 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      high = Math.imul(high ^ code, 2654435761);
      low = Math.imul(low ^ code, 1597334677);
    }
    this.#high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
    const mixed =
      Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(this.#high ^ (this.#high >>> 13), 3266489909);
    // 0 stands for a free slot.
    this.#low = mixed === 0 ? 1 : mixed;
  }
}
