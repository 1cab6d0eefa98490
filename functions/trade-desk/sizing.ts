/** How much to trade: a share of equity as margin, or what is left of the risk cap if that is less. */
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { DeskParams } from '../../schemas/desk-params.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { midOf, takenAtEntry, takenPrice } from './depth.ts';
import { floorSize } from './money.ts';
import type { Book } from './state.ts';

/**
 * The price an entry is sized at: its limit, or the worst mean price that LIQUIDITY lets a marketable entry have, so
 * that the caps still hold once it is filled. Unit: quote per base.
 */
export function entryBound(signal: ScalpSignal, quote: BookSnapshot, params: DeskParams): number {
  const mid = midOf(quote)!;
  return params.paper.entry === 'limit'
    ? limitOf(signal, quote)
    : takenPrice(mid, takenAtEntry(signal.side), params.liquidity.maxSlippage);
}

/** A resting order at the signal's entry, or at the best price of its side where it would cross the spread. */
export function limitOf({ side, entry }: ScalpSignal, { bestBid, bestAsk }: BookSnapshot): number {
  return side === 'LONG' ? Math.min(entry, bestBid ?? entry) : Math.max(entry, bestAsk ?? entry);
}

/** Of all that is open or may still be filled. Unit: quote. */
export function openNotional({ positions }: Book): number {
  return positions.reduce((sum, { size, entry }) => sum + size * entry, 0);
}

/** Loss if every position is stopped out at its SL. Unit: quote. */
export function openRisk({ positions }: Book): number {
  return positions.reduce((sum, { size, entry, sl }) => sum + size * Math.abs(entry - sl), 0);
}

export interface Sized {
  /** Unit: base. */
  readonly size: number;
  readonly isCutByRisk: boolean;
}

/** `price` as of entryBound. */
export function sizeFor(
  signal: ScalpSignal,
  price: number,
  isHalved: boolean,
  book: Book,
  { risk }: DeskParams,
): Sized {
  const margin = isHalved ? risk.marginHalved : risk.margin;
  const byMargin = (book.equity * margin * signal.leverage) / price;
  const byRisk = (book.equity * risk.maxOpenRisk - openRisk(book)) / Math.abs(price - signal.sl);
  return { size: floorSize(Math.min(byMargin, byRisk)), isCutByRisk: byRisk < byMargin };
}
