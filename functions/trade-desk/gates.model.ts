/** The naive desk's sums: is the feed fit, is the price near, and how much may be traded. */
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { DeskParams } from '../../schemas/desk-params.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { Held } from './paper.model.ts';
import { fundingTimes } from './told.model.ts';
import { walk, within } from './walk.model.ts';

export type Refusal = NonNullable<PositionEvent['refusal']>;

/** 1e-9 of a limit is the noise of binary. */
export const more = (value: number, limit: number) => value > limit + 1e-9 * Math.abs(limit);
const floor6 = (size: number) => {
  if (size <= 0) return 0;
  const unit = 10 ** (5 - Math.floor(Math.log10(size)));
  return Math.floor(size * unit * (1 + 1e-9)) / unit;
};

export function isBroken({ connected, bestBid, bestAsk }: BookSnapshot): boolean {
  return !connected || bestBid === null || bestAsk === null || bestBid > bestAsk;
}
export function isStale(
  { ts, desyncMs, lastTradeTs }: BookSnapshot,
  at: number,
  { feed }: DeskParams,
): boolean {
  const { maxSnapshotAgeMs, maxDesyncMs, maxTradeAgeMs } = feed;
  const isQuiet = lastTradeTs === null || Math.abs(at - lastTradeTs) > maxTradeAgeMs;
  return isQuiet || Math.abs(at - ts) > maxSnapshotAgeMs || desyncMs > maxDesyncMs;
}
export function isAway(
  { bestBid, bestAsk }: BookSnapshot,
  { entry }: ScalpSignal,
  { rules }: DeskParams,
): boolean {
  const mid = bestBid === null || bestAsk === null ? entry : (bestBid + bestAsk) / 2;
  return more(Math.abs(mid / entry - 1), rules.entryBand);
}
export function isBlackout(at: number, { blackouts }: DeskParams): boolean {
  const minute = new Date(at).toISOString().slice(11, 16);
  return blackouts.some(({ from, to }) => from <= minute && minute < to);
}

export function sizeOf(
  signal: ScalpSignal,
  quote: BookSnapshot,
  at: number,
  half: boolean,
  book: { readonly held: readonly Held[]; readonly equity: number },
  params: DeskParams,
): Refusal | number {
  const { risk, funding, liquidity, paper } = params;
  const price = bound(signal, quote, params);
  // A SHORT is sold below mid, so its notional is at most that of mid.
  const dear = paper.entry === 'limit' ? price : Math.max(price, (quote.bestBid! + quote.bestAsk!) / 2);
  const sum = (of: (held: Held) => number) => book.held.reduce((total, held) => total + of(held), 0);
  const open = sum(({ size, entry }) => size * entry);
  const atRisk = sum(({ size, entry, signal: { sl } }) => size * Math.abs(entry - sl));
  const margin = book.equity * (half ? risk.marginHalved : risk.margin) * signal.leverage;
  const left = (book.equity * risk.maxOpenRisk - atRisk) / Math.abs(price - signal.sl);
  const size = floor6(Math.min(margin / dear, left));
  if (size * dear < risk.minNotional) return 'EXPOSURE';
  if (more(open + size * dear, book.equity * risk.maxMargin * signal.leverage)) return 'EXPOSURE';
  const due = fundingTimes(at, at + funding.windowMs, funding.hours).length > 0;
  const rate = quote.fundingRate === null ? null : quote.fundingRate * (signal.side === 'LONG' ? 1 : -1);
  const tp = Math.abs(signal.tp - signal.entry) / signal.entry;
  if (due && (rate === null || more(rate, funding.maxShareOfTp * tp))) return 'FUNDING_WINDOW';
  const side = (signal.side === 'LONG') === (paper.entry === 'marketable') ? 'ask' : 'bid';
  if (!more(walk(quote, side, size, liquidity.beyondBook), liquidity.maxSlippage)) return size;
  const fits = floor6(within(quote, side, size, liquidity.maxSlippage));
  return fits < liquidity.minShrink * size || fits * dear < risk.minNotional ? 'LIQUIDITY' : fits;
}

export function bound(signal: ScalpSignal, { bestBid, bestAsk }: BookSnapshot, params: DeskParams): number {
  const long = signal.side === 'LONG';
  if (params.paper.entry === 'limit') {
    return long ? Math.min(signal.entry, bestBid!) : Math.max(signal.entry, bestAsk!);
  }
  const slip = params.liquidity.maxSlippage;
  return ((bestBid! + bestAsk!) / 2) * (long ? 1 + slip : 1 - slip);
}
