/** Bookkeeping of one book: the day, entries, exits, and what they leave of its equity. */
import type { DeskParams } from '../../schemas/desk-params.ts';
import { DAY_MS, floorTo } from '../../schemas/primitives.ts';
import { atLeast } from '../../transforms/thresholds/thresholds.ts';
import { cancelledEvent, type EntryFill, entryEvent, exitEvent } from './events.ts';
import type { Exit } from './fills.ts';
import { fundingOf } from './funding.ts';
import type { Context, Step } from './input.ts';
import { product, total } from './money.ts';
import type { Book, Position } from './state.ts';

/** The book as of the UTC day of `ts`; a time of an earlier day, told late, belongs to the day there is. */
export function onDay(book: Book, ts: number): Book {
  const start = floorTo(ts, DAY_MS);
  if (start <= book.day.start) return book;
  return { ...book, day: { start, equity: book.equity, entries: 0, realised: 0, halted: false } };
}

/** Takes the new order or position in; a filled one is told of as well. */
export function enter(book: Book, position: Position, fill: EntryFill | null, context: Context): Step {
  const today = onDay(book, context.at);
  const entered = {
    ...today,
    positions: [...today.positions, position],
    day: { ...today.day, entries: today.day.entries + 1 },
  };
  return { book: entered, events: fill ? [entryEvent(position, fill, entered, context)] : [] };
}

/** A resting order is filled. */
export function fillOrder(book: Book, order: Position, fill: EntryFill, context: Context): Step {
  const fee = product(order.entry, order.size, context.params.paper.makerFee);
  const open: Position = { ...order, status: 'OPEN', since: fill.ts, entryFee: fee };
  const next = replaced(book, order, open);
  return { book: next, events: [entryEvent(open, fill, next, context)] };
}

/** The book with one position in the place of another. */
export function replaced(book: Book, old: Position, next: Position): Book {
  if (old === next) return book;
  return { ...book, positions: book.positions.map((position) => (position === old ? next : position)) };
}

/** A resting order is taken back. Nothing was traded, so the pair need not cool down. */
export function cancel(book: Book, order: Position, ts: number, why: string, context: Context): Step {
  const next = { ...book, positions: book.positions.filter((position) => position !== order) };
  return { book: next, events: [cancelledEvent(order, ts, why, next, context)] };
}

/** The position is over. Net = price difference − both fees + funding as far as it is known. */
export function close(book: Book, position: Position, exit: Exit, context: Context): Step {
  const { params, pairs } = context;
  const { size, entry, side, pair } = position;
  const rate = exit.liquidity === 'MAKER' ? params.paper.makerFee : params.paper.takerFee;
  const fees = total(position.entryFee, product(exit.price, size, rate));
  const funding = fundingOf(position, exit.ts, pairs[pair]?.rates ?? [], params.funding);
  const sign = side === 'LONG' ? 1 : -1;
  const pnl = total(product(sign, exit.price, size), product(-sign, entry, size), -fees, funding.amount);
  const next = settle(onDay(book, exit.ts), position, exit.ts, pnl, params);
  const result = { fees, funding: funding.amount, isFundingKnown: funding.isKnown, pnl };
  return { book: next, events: [exitEvent(position, exit, result, next, context)] };
}

export function settle(book: Book, position: Position, ts: number, pnl: number, params: DeskParams): Book {
  const realised = total(book.day.realised, pnl);
  const isHalted = atLeast(-realised, params.rules.dailyLossHalt * book.day.equity);
  return {
    ...book,
    equity: total(book.equity, pnl),
    positions: book.positions.filter((other) => other !== position),
    exits: { ...book.exits, [position.pair]: Math.max(ts, book.exits[position.pair] ?? ts) },
    day: { ...book.day, realised, halted: book.day.halted || isHalted },
  };
}
