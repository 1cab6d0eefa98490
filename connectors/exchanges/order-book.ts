/** A local order book: snapshot, deltas, the unbroken chain of update counters, depth in bands from mid. */
import type { BookEvent, Level } from './market-event.ts';

export interface TopOfBook {
  readonly bestBid: number;
  readonly bestAsk: number;
}

/** `gap`: a delta is missing. `crossed`: best bid ≥ best ask. `empty`: a delta came before any snapshot. */
export type BookFault = 'gap' | 'crossed' | 'empty';

/** Out of sync from a fault until the next snapshot; meanwhile it shows nothing. */
export class OrderBook {
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  #update: number | null = null;

  get isInSync(): boolean {
    return this.#update !== null;
  }

  /** Applies one frame; returns what is wrong, or null. After a fault deltas are refused until a snapshot comes. */
  apply(event: BookEvent): BookFault | null {
    if (event.isSnapshot) this.clear();
    else if (this.#update === null) return 'empty';
    else if (event.update !== this.#update + 1) return this.#fail('gap');
    set(this.#bids, event.bids);
    set(this.#asks, event.asks);
    this.#update = event.update;
    const top = this.top();
    return top && top.bestBid >= top.bestAsk ? this.#fail('crossed') : null;
  }

  clear(): void {
    this.#bids.clear();
    this.#asks.clear();
    this.#update = null;
  }

  /** Null while out of sync or while a side is empty. */
  top(): TopOfBook | null {
    if (this.#bids.size === 0 || this.#asks.size === 0) return null;
    let bestBid = 0;
    let bestAsk = Number.POSITIVE_INFINITY;
    for (const price of this.#bids.keys()) if (price > bestBid) bestBid = price;
    for (const price of this.#asks.keys()) if (price < bestAsk) bestAsk = price;
    return { bestBid, bestAsk };
  }

  /** Size within each distance (bps, ascending) of mid, bids and asks. Unit: base. */
  depth(top: TopOfBook, bandsBps: readonly number[]): { bids: number[]; asks: number[] } {
    const mid = (top.bestBid + top.bestAsk) / 2;
    return { bids: bands(this.#bids, mid, bandsBps), asks: bands(this.#asks, mid, bandsBps) };
  }

  #fail(fault: BookFault): BookFault {
    this.clear();
    return fault;
  }
}

function set(side: Map<number, number>, levels: readonly Level[]): void {
  for (const [price, size] of levels) {
    if (size === 0) side.delete(price);
    else side.set(price, size);
  }
}

function bands(side: Map<number, number>, mid: number, bandsBps: readonly number[]): number[] {
  const depths = bandsBps.map(() => 0);
  for (const [price, size] of side) {
    const bps = (Math.abs(price - mid) / mid) * 10_000;
    // Rounding of the distance must not push a level out of a band whose edge it stands on.
    for (let i = depths.length - 1; i >= 0 && bps <= bandsBps[i]! + 1e-9; i--) depths[i]! += size;
  }
  return depths;
}
