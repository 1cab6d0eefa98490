/** What happens to orders and positions once they are in the book: fills, exits, time, and the hand on the switch. */
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { pairOf } from '../../schemas/primitives.ts';
import { above } from '../../transforms/thresholds/thresholds.ts';
import { lookAgain, takeBack } from './account.ts';
import { isLive } from './commands.ts';
import { midOf } from './depth.ts';
import {
  type Exit,
  exitOnBar,
  exitOnSnapshot,
  isFilledByBar,
  isFilledBySnapshot,
  marketExit,
} from './fills.ts';
import { type Bar, type Context, type DeskInput, pauseOf, type Step } from './input.ts';
import { cancel, close, fillOrder } from './ledger.ts';
import type { Book, Live, Position } from './state.ts';

type Action = Extract<DeskInput, { kind: 'control' }>['action'];

export function onSnapshot(book: Book, snapshot: BookSnapshot, context: Context): Step {
  const position = book.positions.find(
    (p) => p.pair === pairOf(snapshot.symbol) && p.venue === snapshot.venue && p.symbol === snapshot.symbol,
  );
  if (!position) return { book, events: [] };
  if (isLive(position)) return liveOnSnapshot(book, position, snapshot, context);
  if (position.status === 'WORKING') return orderOnSnapshot(book, position, snapshot, context);
  const exit =
    exitOnSnapshot(position, snapshot, context.params) ?? killedExit(book, position, snapshot, context);
  return exit ? close(book, position, exit, context) : { book, events: [] };
}

function orderOnSnapshot(book: Book, order: Position, snapshot: BookSnapshot, context: Context): Step {
  const { ts } = snapshot;
  if (ts > order.expiresAt) return cancel(book, order, ts, 'the signal expired', context);
  if (pauseOf(order.pair, context)) return cancel(book, order, ts, 'its pair was paused', context);
  if (isFilledBySnapshot(order, snapshot, context.params)) {
    return fillOrder(book, order, { ts, liquidity: 'MAKER', slippage: 0 }, context);
  }
  const why = whyAway(order, snapshot, context);
  return why === null ? { book, events: [] } : cancel(book, order, ts, why, context);
}

function whyAway(order: Position, snapshot: BookSnapshot, { params }: Context): string | null {
  const mid = snapshot.connected && snapshot.ts > order.since ? midOf(snapshot) : null;
  const away = mid === null ? 0 : Math.abs(mid - order.signalEntry) / order.signalEntry;
  const isAway = above(away, params.rules.entryBand);
  return isAway ? `mid ${mid} left the entry band round ${order.signalEntry}` : null;
}

/** Prices fill nothing here: that is for the exchange to say. They only tell whether an order is still wanted. */
function liveOnSnapshot(book: Book, order: Live, snapshot: BookSnapshot, context: Context): Step {
  if (order.status === 'OPEN') return { book, events: [] };
  const paused = pauseOf(order.pair, context) ? 'its pair was paused' : null;
  const why = paused ?? whyAway(order, snapshot, context);
  return why === null ? { book, events: [] } : takeBack(book, why, context, order.pair);
}

/** While the kill switch is on, the first price seen since is the exit. */
function killedExit(book: Book, position: Position, snapshot: BookSnapshot, context: Context): Exit | null {
  const isDue =
    book.killed.on && snapshot.connected && snapshot.ts > Math.max(book.killed.at, position.since);
  const market = isDue ? marketExit(position, snapshot, context.params) : null;
  if (market === null) return null;
  return { exit: 'CANCELLED', ...market, ts: snapshot.ts, liquidity: 'TAKER', why: 'the kill switch is on' };
}

export function onBar(book: Book, bar: Bar, context: Context): Step {
  const position = book.positions.find((p) => p.pair === bar.pair && p.venue === bar.venue);
  if (!position || isLive(position)) return { book, events: [] };
  if (position.status === 'OPEN') {
    const exit = exitOnBar(position, bar, context.params);
    return exit ? close(book, position, exit, context) : { book, events: [] };
  }
  if (bar.openTime > position.expiresAt) {
    return cancel(book, position, bar.openTime, 'the signal expired', context);
  }
  if (!isFilledByBar(position, bar)) return { book, events: [] };
  return fillWithinBar(book, position, bar, context);
}

/** Nobody knows when in the bar it was filled: a stop in it is taken to come after, a take profit not. */
function fillWithinBar(book: Book, order: Position, bar: Bar, context: Context): Step {
  const fill = { ts: bar.closeTime, liquidity: 'MAKER', slippage: 0 } as const;
  const filled = fillOrder(book, order, fill, context);
  const open = filled.book.positions.find(({ signalId }) => signalId === order.signalId)!;
  const exit = exitOnBar({ ...open, since: bar.openTime }, bar, context.params);
  if (exit?.exit !== 'SL' && exit?.exit !== 'LIQUIDATED') return filled;
  const closed = close(filled.book, open, exit, context);
  return { book: closed.book, events: [...filled.events, ...closed.events] };
}

/** What must end though no market data come: orders that expired, and positions long overdue, at the last price known. */
export function onTimer(book: Book, context: Context): Step {
  const looked = lookAgain(book, context);
  return after(
    looked,
    each(looked.book, (now, position) => onTime(now, position, context)),
  );
}

function onTime(now: Book, position: Position, context: Context): Step | null {
  const { at, params } = context;
  if (isLive(position)) return null;
  if (position.status === 'WORKING') {
    const isOver = at > position.expiresAt;
    return isOver ? cancel(now, position, at, 'the signal expired', context) : null;
  }
  const { timeoutMs, staleMs } = params.paper;
  return at >= position.since + timeoutMs + staleMs ? closeBlind(now, position, context) : null;
}

function after(first: Step, then: Step): Step {
  return { book: then.book, events: [...first.events, ...then.events] };
}

function closeBlind(book: Book, position: Position, context: Context): Step {
  const quote = context.pairs[position.pair]?.quote;
  const known = quote ? marketExit(position, quote, context.params) : null;
  const market = known ?? { price: position.entry, slippage: 0 };
  const why = `overdue, and no price since ${quote ? new Date(quote.ts).toISOString() : 'its entry'}`;
  const exit = { exit: 'TIMEOUT', ...market, ts: context.at, liquidity: 'TAKER', why } as const;
  return close(book, position, exit, context);
}

/** Of several commands the latest holds, in whatever order they come. Both switches take resting orders back at once. */
export function control(book: Book, action: Action, context: Context): Step {
  const { at } = context;
  const key = action === 'pause' || action === 'resume' ? 'paused' : 'killed';
  if (at <= book[key].at) return { book, events: [] };
  const on = action === 'pause' || action === 'kill';
  const switched: Book = { ...book, [key]: { on, at } };
  if (!on) return { book: switched, events: [] };
  const why = action === 'pause' ? 'the desk was paused' : 'the kill switch was thrown';
  const live = takeBack(switched, why, context);
  const onPaper = each(live.book, (now, position) =>
    position.status === 'WORKING' && !isLive(position) ? cancel(now, position, at, why, context) : null,
  );
  return after(live, onPaper);
}

/** One step after the other over the positions there were. */
function each(book: Book, step: (book: Book, position: Position) => Step | null): Step {
  return book.positions.reduce<Step>(
    (done, position) => {
      const next = step(done.book, position);
      return next ? { book: next.book, events: [...done.events, ...next.events] } : done;
    },
    { book, events: [] },
  );
}
