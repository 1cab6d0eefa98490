/** A local order book: snapshot, deltas, the proof that none of them is missing, depth in bands from mid. */
import { crc32 } from 'node:zlib';
import type { BookCheck, BookEvent, Level } from './market-event.ts';

export interface TopOfBook {
  readonly bestBid: number;
  readonly bestAsk: number;
}

/**
 * `gap`: a delta is missing. `checksum`: the best levels are not the exchange's. `crossed`: best bid ≥ best ask.
 * `empty`: no snapshot has come yet.
 */
export type BookFault = 'gap' | 'checksum' | 'crossed' | 'empty';

/** Levels a checksum covers, per side: https://docs.kraken.com/api/docs/guides/spot-ws-book-v2. */
const CHECKED_LEVELS = 10;
/** Levels kept of a venue that names no depth, per side: far beyond any band, and no feed can fill the memory. */
const MAX_LEVELS = 10_000;

/** Out of sync from a fault until the next snapshot; meanwhile it shows nothing. */
export class OrderBook {
  /** Best first, each price once. */
  #bids: Level[] = [];
  #asks: Level[] = [];
  #last: BookCheck | null = null;
  #isFresh = false;
  #fault: BookFault | null = 'empty';

  get isInSync(): boolean {
    return this.#fault === null;
  }

  /** Why it is out of sync; null while it is in sync. */
  get fault(): BookFault | null {
    return this.#fault;
  }

  /** Applies one frame; returns what is wrong, or null. After a fault deltas are `empty` until a snapshot comes. */
  apply(event: BookEvent): BookFault | null {
    if (event.isSnapshot) this.clear();
    else if (this.#last === null) return 'empty';
    else {
      const place = placeOf(event.check, this.#last, this.#isFresh);
      if (place === 'old') return null;
      if (place === 'gap') return this.#fail('gap');
    }
    this.#set(event);
    if (event.check.kind === 'checksum' && checksum(this.#asks, this.#bids) !== event.check.crc32)
      return this.#fail('checksum');
    return this.#isCrossed() ? this.#fail('crossed') : null;
  }

  /** Forgets everything: the connection is gone. */
  clear(): void {
    this.#bids = [];
    this.#asks = [];
    this.#last = null;
    this.#fault = 'empty';
  }

  /** Null while out of sync or while a side is empty. */
  top(): TopOfBook | null {
    const bid = this.#bids[0];
    const ask = this.#asks[0];
    return bid && ask ? { bestBid: bid[0], bestAsk: ask[0] } : null;
  }

  /** Size within each distance (bps, ascending) of mid, bids and asks. Unit: base. */
  depth(top: TopOfBook, bandsBps: readonly number[]): { bids: number[]; asks: number[] } {
    const mid = (top.bestBid + top.bestAsk) / 2;
    return { bids: bands(this.#bids, mid, bandsBps), asks: bands(this.#asks, mid, bandsBps) };
  }

  #set({ bids, asks, check, isSnapshot, depth = MAX_LEVELS }: BookEvent): void {
    for (const level of bids) setLevel(this.#bids, level, -1);
    for (const level of asks) setLevel(this.#asks, level, 1);
    // Only after the whole update: within one, a side may hold more for a moment.
    truncate(this.#bids, depth);
    truncate(this.#asks, depth);
    this.#last = check;
    this.#isFresh = isSnapshot;
    this.#fault = null;
  }

  #isCrossed(): boolean {
    const bid = this.#bids[0];
    const ask = this.#asks[0];
    return bid !== undefined && ask !== undefined && bid[0] >= ask[0];
  }

  #fail(fault: BookFault): BookFault {
    this.clear();
    this.#fault = fault;
    return fault;
  }
}

/**
 * Where a delta stands. After a snapshot that was fetched apart from the stream (`isFresh`), linked deltas from before
 * it are old, and the first that counts may reach across it: its sizes are absolute.
 */
function placeOf(check: BookCheck, last: BookCheck, isFresh: boolean): 'next' | 'old' | 'gap' {
  if (check.kind === 'checksum') return last.kind === 'checksum' ? 'next' : 'gap';
  if (check.kind === 'counter')
    return last.kind === 'counter' && check.update === last.update + 1 ? 'next' : 'gap';
  if (last.kind !== 'link') return 'gap';
  if (!isFresh) return check.previous === last.update ? 'next' : 'gap';
  if (check.update < last.update) return 'old';
  return check.previous <= last.update ? 'next' : 'gap';
}

/** CRC32 of the digits of the best asks, then of the best bids. */
function checksum(asks: readonly Level[], bids: readonly Level[]): number {
  let text = '';
  for (const side of [asks, bids])
    for (let i = 0; i < side.length && i < CHECKED_LEVELS; i++) text += side[i]![2] ?? '';
  return crc32(text);
}

/** `sign` is 1 where low prices are best, else -1. */
function setLevel(side: Level[], level: Level, sign: 1 | -1): void {
  const [price, size] = level;
  const at = placeFor(side, price, sign);
  const isKnown = side[at]?.[0] === price;
  if (size === 0) {
    if (isKnown) side.splice(at, 1);
  } else if (isKnown) side[at] = level;
  else side.splice(at, 0, level);
}

/** Number of levels that are better than the price. */
function placeFor(side: readonly Level[], price: number, sign: 1 | -1): number {
  let low = 0;
  let high = side.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((side[middle]![0] - price) * sign < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function truncate(side: Level[], depth: number): void {
  if (side.length > depth) side.length = depth;
}

function bands(side: readonly Level[], mid: number, bandsBps: readonly number[]): number[] {
  const depths = bandsBps.map(() => 0);
  for (const [price, size] of side) {
    // Rounding of the distance must not push a level out of a band whose edge it stands on.
    const bps = (Math.abs(price - mid) / mid) * 10_000 - 1e-9;
    if (bps > bandsBps.at(-1)!) break;
    for (let i = depths.length - 1; i >= 0 && bps <= bandsBps[i]!; i--) depths[i]! += size;
  }
  return depths;
}
