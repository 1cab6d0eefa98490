/** The paper broker: when a resting entry is filled, and when, how and at what price a position is left. Never to its favour. */
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { DeskParams } from '../../schemas/desk-params.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { midOf, slippageOf, takenAtExit, takenPrice } from './depth.ts';
import type { Bar } from './input.ts';
import { fillPrice } from './money.ts';
import type { Position } from './state.ts';

export interface Exit {
  readonly exit: NonNullable<PositionEvent['exit']>;
  readonly price: number;
  readonly ts: number;
  readonly liquidity: 'MAKER' | 'TAKER';
  /** Against the SL, or the mid of a market exit; null where that was not known. Unit: share of price. */
  readonly slippage: number | null;
  readonly why: string;
}

/** Prices seen in one snapshot or bar, as they matter to one side: `worst` and `best` for who holds it. */
interface Seen {
  readonly ts: number;
  readonly worst: number | null;
  /** The take profit, a resting limit order, is filled where a price is at it on the other side of the book, or beyond it. */
  readonly reaches: (tp: number) => boolean;
  /** What liquidation is judged by. */
  readonly mark: number | null;
  /** Mean price of closing at market; null where no price is known. */
  readonly market: { readonly price: number; readonly slippage: number } | null;
  /** Closing at a stop, which a gap leaves behind. */
  readonly stopped: (sl: number) => number;
}

type Side = Position['side'];

function worse(side: Side, a: number, b: number): number {
  return side === 'LONG' ? Math.min(a, b) : Math.max(a, b);
}
/** Is `price` at `level` or worse? */
function isLost(side: Side, price: number, level: number): boolean {
  return side === 'LONG' ? price <= level : price >= level;
}

/** Price at which the margin is all but gone and the exchange takes over. Isolated margin. Unit: quote per base. */
export function liquidationPrice(
  { entry, leverage, side }: Pick<Position, 'entry' | 'leverage' | 'side'>,
  { maintenanceMargin }: DeskParams['paper'],
): number {
  const distance = 1 / leverage - maintenanceMargin;
  return entry * (side === 'LONG' ? 1 - distance : 1 + distance);
}

/** Price at which the margin is gone: what a liquidation leaves. */
function bankruptcyPrice({ entry, leverage, side }: Position): number {
  return fillPrice(entry * (side === 'LONG' ? 1 - 1 / leverage : 1 + 1 / leverage));
}

/** What a snapshot is worth: nothing while the feed is down, its trades alone while the book is out of sync. */
function trusted(snapshot: BookSnapshot, { feed }: DeskParams): BookSnapshot | null {
  if (!snapshot.connected) return null;
  return snapshot.desyncMs > feed.maxDesyncMs ? { ...snapshot, bestBid: null, bestAsk: null } : snapshot;
}

/** The last trade, if it came after the position did. */
function tradedSince(snapshot: BookSnapshot, since: number): number | null {
  return snapshot.lastTradeTs !== null && snapshot.lastTradeTs > since ? snapshot.lastPrice : null;
}

/** How the snapshot ends the position, or null. Of several ends the worst is taken: liquidation, SL, then TP, then time. */
export function exitOnSnapshot(position: Position, told: BookSnapshot, params: DeskParams): Exit | null {
  const snapshot = trusted(told, params);
  if (snapshot === null || snapshot.ts <= position.since) return null;
  const { side } = position;
  const closing = side === 'LONG' ? snapshot.bestBid : snapshot.bestAsk;
  const last = tradedSince(snapshot, position.since);
  const market = marketExit(position, snapshot, params);
  const seen: Seen = {
    ts: snapshot.ts,
    worst: closing === null ? last : last === null ? closing : worse(side, closing, last),
    reaches: (tp) =>
      (closing !== null && !isLost(side, closing, tp)) ||
      closing === tp ||
      (last !== null && !isLost(side, last, tp)),
    mark: snapshot.markPrice,
    market,
    stopped: (sl) => (market === null ? sl : worse(side, sl, market.price)),
  };
  return exitOf(position, seen, params);
}

/** The same of a 1m bar that began after the position did: nobody knows the order of its prices, so the SL comes first. */
export function exitOnBar(position: Position, bar: Bar, params: DeskParams): Exit | null {
  if (bar.openTime < position.since) return null;
  const { side } = position;
  const { withoutBook } = params.liquidity;
  const slipped = (price: number) => fillPrice(price * (side === 'LONG' ? 1 - withoutBook : 1 + withoutBook));
  const worst = side === 'LONG' ? bar.low : bar.high;
  const seen: Seen = {
    ts: bar.closeTime,
    worst,
    reaches: (tp) => !isLost(side, side === 'LONG' ? bar.high : bar.low, tp),
    mark: worst,
    market: { price: slipped(bar.close), slippage: withoutBook },
    stopped: (sl) => slipped(worse(side, sl, bar.open)),
  };
  return exitOf(position, seen, params);
}

function exitOf(position: Position, seen: Seen, params: DeskParams): Exit | null {
  const { side, tp, sl, since } = position;
  const { ts, worst, mark, market } = seen;
  const liquidation = liquidationPrice(position, params.paper);
  const isStopped = worst !== null && isLost(side, worst, sl);
  const stop = isStopped ? seen.stopped(sl) : sl;
  if ((mark !== null && isLost(side, mark, liquidation)) || (isStopped && isLost(side, stop, liquidation))) {
    const why = `liquidated beyond ${fillPrice(liquidation)}`;
    return { exit: 'LIQUIDATED', price: bankruptcyPrice(position), ts, liquidity: 'TAKER', slippage: 0, why };
  }
  if (isStopped) {
    const slippage = Math.abs(stop - sl) / sl;
    return {
      exit: 'SL',
      price: stop,
      ts,
      liquidity: 'TAKER',
      slippage,
      why: `${worst} reached the SL ${sl}`,
    };
  }
  if (seen.reaches(tp)) {
    return { exit: 'TP', price: tp, ts, liquidity: 'MAKER', slippage: 0, why: `price reached the TP ${tp}` };
  }
  if (ts < since + params.paper.timeoutMs || market === null) return null;
  const why = `neither TP nor SL within ${params.paper.timeoutMs} ms`;
  return { exit: 'TIMEOUT', ...market, ts, liquidity: 'TAKER', why };
}

/** Closing at market in this book, or at the last price where the book is not to be trusted; null where no price is known. */
export function marketExit(
  { side, size }: Pick<Position, 'side' | 'size'>,
  snapshot: BookSnapshot,
  { liquidity, feed }: DeskParams,
): { readonly price: number; readonly slippage: number } | null {
  const taken = takenAtExit(side);
  const isInSync = snapshot.desyncMs <= feed.maxDesyncMs;
  const best = taken === 'bids' ? snapshot.bestBid : snapshot.bestAsk;
  const touched = isInSync ? (midOf(snapshot) ?? best) : null;
  const reference = touched ?? snapshot.lastPrice ?? snapshot.markPrice;
  if (reference === null) return null;
  const slippage = isInSync ? slippageOf(snapshot, taken, size, liquidity.beyondBook) : liquidity.withoutBook;
  return { price: takenPrice(reference, taken, slippage), slippage };
}

/** A resting entry is filled where the other side comes to it, or a trade passes it. */
export function isFilledBySnapshot(order: Position, told: BookSnapshot, params: DeskParams): boolean {
  const snapshot = trusted(told, params);
  if (snapshot === null || snapshot.ts <= order.since) return false;
  const { side, entry } = order;
  const other = side === 'LONG' ? snapshot.bestAsk : snapshot.bestBid;
  const last = tradedSince(snapshot, order.since);
  return (
    (other !== null && isLost(side, other, entry)) ||
    (last !== null && last !== entry && isLost(side, last, entry))
  );
}

/** A bar fills it where it trades through it; to touch it is to stand behind others in the queue. */
export function isFilledByBar(order: Position, bar: Bar): boolean {
  const extreme = order.side === 'LONG' ? bar.low : bar.high;
  return bar.openTime >= order.since && extreme !== order.entry && isLost(order.side, extreme, order.entry);
}
