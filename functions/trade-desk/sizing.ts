/** How much to trade: a share of equity as margin, or what is left of the risk cap if that is less. */
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { DeskParams } from '../../schemas/desk-params.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { midOf, takenAtEntry, takenPrice } from './depth.ts';
import { floorLot, floorSize } from './money.ts';
import type { Book, PairFacts } from './state.ts';

/** What an entry may come to be filled at. Unit: quote per base. */
export interface EntryBounds {
  /** Farthest from the SL. */
  readonly worst: number;
  /** Of the largest notional. */
  readonly highest: number;
}

/** Its limit; or, of a marketable entry on paper, what LIQUIDITY lets its mean price be. So the caps still hold once it is filled. */
export function entryBounds(signal: ScalpSignal, quote: BookSnapshot, params: DeskParams): EntryBounds {
  const limit = limitOf(signal, quote);
  if (params.paper.entry === 'limit') return { worst: limit, highest: limit };
  const mid = midOf(quote)!;
  const onPaper = params.execution === 'paper';
  const beyond = onPaper ? params.liquidity.maxSlippage : params.broker.slippageTolerance;
  const worst = takenPrice(mid, takenAtEntry(signal.side), beyond);
  return { worst, highest: Math.max(worst, mid) };
}

/** A resting order at the signal's entry, or at the best price of its side where it would cross the spread. */
export function limitOf({ side, entry }: ScalpSignal, { bestBid, bestAsk }: BookSnapshot): number {
  return side === 'LONG' ? Math.min(entry, bestBid ?? entry) : Math.max(entry, bestAsk ?? entry);
}

/** The lots in a size, as long as the order is one the exchange takes; else 0. Every size is one on paper. */
export function tradable(
  size: number,
  price: number,
  lots: PairFacts['instrument'],
  params: DeskParams,
): number {
  const inLots = lots === null ? size : floorLot(size, lots.lot);
  const { minSize, minNotional } = lots ?? { minSize: 0, minNotional: 0 };
  const least = Math.max(params.risk.minNotional, minNotional);
  return inLots < minSize || inLots * price < least ? 0 : inLots;
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

export function sizeFor(
  signal: ScalpSignal,
  { worst, highest }: EntryBounds,
  isHalved: boolean,
  book: Book,
  { risk }: DeskParams,
): Sized {
  const margin = isHalved ? risk.marginHalved : risk.margin;
  const byMargin = (book.equity * margin * signal.leverage) / highest;
  const byRisk = (book.equity * risk.maxOpenRisk - openRisk(book)) / Math.abs(worst - signal.sl);
  return { size: floorSize(Math.min(byMargin, byRisk)), isCutByRisk: byRisk < byMargin };
}
