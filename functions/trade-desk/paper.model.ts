/** The naive paper broker: what one snapshot or bar does to what is held. */
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { DeskParams } from '../../schemas/desk-params.ts';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { walk } from './walk.model.ts';

export interface Held {
  signal: ScalpSignal;
  open: boolean;
  entry: number;
  size: number;
  fee: number;
  since: number;
}
export interface End {
  readonly exit: NonNullable<PositionEvent['exit']>;
  readonly price: number;
}
export type Bar = Pick<
  FeatureRow,
  'venue' | 'pair' | 'openTime' | 'closeTime' | 'open' | 'high' | 'low' | 'close'
>;

/** What a LONG would see: of a SHORT all prices are turned round zero. `theirs` is the side it would close into, `ours` the other. */
function mirrored({ signal, since }: Held, seen: BookSnapshot, params: DeskParams) {
  const long = signal.side === 'LONG';
  const up = (price: number) => (long ? price : -price);
  const orNever = (price: number | null, never: number) => (price === null ? never : up(price));
  const inSync = seen.desyncMs <= params.feed.maxDesyncMs;
  const [bid, ask] = inSync ? [seen.bestBid, seen.bestAsk] : [null, null];
  const traded = seen.lastTradeTs !== null && seen.lastTradeTs > since ? seen.lastPrice : null;
  return { up, orNever, theirs: long ? bid : ask, ours: long ? ask : bid, traded };
}

/** Does a resting order meet its price? */
export function isFilled(held: Held, seen: BookSnapshot, params: DeskParams): boolean {
  const { up, orNever, ours, traded } = mirrored(held, seen, params);
  return orNever(ours, Infinity) <= up(held.entry) || orNever(traded, Infinity) < up(held.entry);
}

export function endInBook(held: Held, seen: BookSnapshot, isKilled: boolean, params: DeskParams): End | null {
  const { up, orNever, theirs, traded } = mirrored(held, seen, params);
  const { signal } = held;
  const market = marketPrice(held, seen, params);
  const stopped = Math.min(orNever(theirs, Infinity), orNever(traded, Infinity)) <= up(signal.sl);
  const filled = Math.min(up(signal.sl), orNever(market, Infinity));
  const won = orNever(theirs, -Infinity) >= up(signal.tp) || orNever(traded, -Infinity) > up(signal.tp);
  const gone = up(liquidation(held, params));
  if (orNever(seen.markPrice, Infinity) <= gone || (stopped && filled <= gone)) return bankrupt(held);
  if (stopped) return { exit: 'SL', price: Math.abs(filled) };
  if (won) return { exit: 'TP', price: signal.tp };
  if (market === null) return null;
  if (seen.ts >= held.since + params.paper.timeoutMs) return { exit: 'TIMEOUT', price: market };
  return isKilled ? { exit: 'CANCELLED', price: market } : null;
}

/** Does the bar trade through a resting order? */
export function isPassed({ signal, entry }: Held, { low, high }: Bar): boolean {
  return signal.side === 'LONG' ? low < entry : high > entry;
}

export function endInBar(held: Held, bar: Bar, params: DeskParams): End | null {
  const { tp, sl, side } = held.signal;
  const long = side === 'LONG';
  const { withoutBook } = params.liquidity;
  const slip = (price: number) => price * (long ? 1 - withoutBook : 1 + withoutBook);
  const stop = slip(long ? Math.min(sl, bar.open) : Math.max(sl, bar.open));
  const stopped = long ? bar.low <= sl : bar.high >= sl;
  const gone = liquidation(held, params);
  const isGone = long
    ? bar.low <= gone || (stopped && stop <= gone)
    : bar.high >= gone || (stopped && stop >= gone);
  if (isGone) return bankrupt(held);
  if (stopped) return { exit: 'SL', price: stop };
  if (long ? bar.high > tp : bar.low < tp) return { exit: 'TP', price: tp };
  const isOver = bar.closeTime >= held.since + params.paper.timeoutMs;
  return isOver ? { exit: 'TIMEOUT', price: slip(bar.close) } : null;
}

export function marketPrice(held: Held, seen: BookSnapshot, { liquidity, feed }: DeskParams): number | null {
  const long = held.signal.side === 'LONG';
  const inSync = seen.desyncMs <= feed.maxDesyncMs;
  const { bestBid, bestAsk } = inSync ? seen : { bestBid: null, bestAsk: null };
  const mid = bestBid !== null && bestAsk !== null ? (bestBid + bestAsk) / 2 : null;
  const from = mid ?? (long ? bestBid : bestAsk) ?? seen.lastPrice ?? seen.markPrice;
  if (from === null) return null;
  const slip = inSync
    ? walk(seen, long ? 'bid' : 'ask', held.size, liquidity.beyondBook)
    : liquidity.withoutBook;
  return from * (long ? 1 - slip : 1 + slip);
}

function liquidation({ entry, signal }: Held, { paper }: DeskParams): number {
  const room = 1 / signal.leverage - paper.maintenanceMargin;
  return signal.side === 'LONG' ? entry * (1 - room) : entry * (1 + room);
}

function bankrupt({ entry, signal }: Held): End {
  const price =
    signal.side === 'LONG' ? entry * (1 - 1 / signal.leverage) : entry * (1 + 1 / signal.leverage);
  return { exit: 'LIQUIDATED', price };
}
