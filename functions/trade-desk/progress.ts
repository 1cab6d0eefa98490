/** What follows from all that is known of a position on an account: entered, void, to be closed, over. */
import { HOUR_MS } from '../../schemas/primitives.ts';
import { entered, type Filled, fundingPaid, left, ownPart, remaining } from './account-sums.ts';
import { entryEvent, exitEvent } from './events.ts';
import type { Exit } from './fills.ts';
import type { Funding } from './funding.ts';
import type { Context, Heard, Step } from './input.ts';
import { leave } from './leaving.ts';
import { cancel, onDay, replaced, settle } from './ledger.ts';
import { fillPrice, product, total } from './money.ts';
import type { Book, Live, OnAccount } from './state.ts';

/** A fill this old is before any position that is entered from now on, whatever the clocks of desks. Unit: ms. */
const REMEMBERED_MS = HOUR_MS;

/** The same step where nothing follows. The position is one of the book's. */
export function progress(book: Book, position: Live, context: Heard): Step {
  return position.status === 'WORKING' ? ordered(book, position, context) : held(book, position, context);
}

function ordered(book: Book, order: Live, context: Heard): Step {
  const { account, side } = order;
  const sum = entered(account);
  if (sum.size < (account.over?.filled ?? account.size) && !isAllTold(account, context)) {
    return unwanted(book, order, context);
  }
  if (sum.size === 0) return cancel(book, order, context.at, voidReason(account), context);
  const { size, price, fees, liquidity, last } = sum;
  const since = last!.ts;
  const open: Live = { ...order, status: 'OPEN', since, size, entry: price, entryFee: fees };
  const opened = replaced(book, order, open);
  const fill = { ts: since, liquidity, slippage: worseBy(account.intended, price, side === 'LONG') };
  const next = held(opened, open, context);
  return { book: next.book, events: [entryEvent(open, fill, opened, context), ...next.events] };
}

/** An order that turned round what another hand held has fewer fills as an entry than it was filled by. */
function isAllTold({ over }: OnAccount, { hasHeard, at, params }: Heard): boolean {
  return hasHeard && over !== null && at >= over.at + params.broker.graceMs;
}

function voidReason({ ending, over }: OnAccount): string {
  return [ending?.why, over?.reason].filter((reason) => reason).join('; ') || 'it was void at once';
}

/** An entry that nobody wants filled (further) is taken back. */
function unwanted(book: Book, order: Live, { at }: Context): Step {
  const { account } = order;
  const why = whyUnwanted(order, at);
  if (account.ending !== null || why === null) return { book, events: [] };
  const next = { ...order, account: { ...account, ending: { at, why } } };
  return { book: replaced(book, order, next), events: [] };
}

function whyUnwanted({ account, expiresAt }: Live, at: number): string | null {
  if (left(account).size > 0) return 'what was filled of it is being closed';
  if (at <= expiresAt) return null;
  return account.placedAt === null ? 'the signal expired before the exchange had it' : 'the signal expired';
}

function held(book: Book, position: Live, context: Heard): Step {
  const { account } = position;
  if (remaining(account) > 0) {
    const next = leave(book, position, context);
    if (next === position) return { book, events: [] };
    return held(replaced(book, position, next), next, context);
  }
  const exits = left(account);
  const funding = fundingPaid(position, context.params.funding);
  const { hasHeard, at, params } = context;
  const isFinal = funding.isKnown || (hasHeard && at >= exits.last!.ts + params.broker.graceMs);
  return isFinal ? over(book, position, funding, context) : { book, events: [] };
}

/** All of it was left: by its fills, to the cent. */
function over(book: Book, position: Live, funding: Funding, context: Context): Step {
  const { account, side } = position;
  const entries = entered(account);
  const exits = ownPart(left(account), entries.size);
  const sign = side === 'LONG' ? 1 : -1;
  const fees = total(entries.fees, exits.fees);
  const gross = product(sign, total(exits.notional, -entries.notional));
  const pnl = total(gross, -fees, funding.amount);
  const ts = exits.last!.ts;
  const settled = settle(onDay(book, ts), position, ts, pnl, context.params);
  const next = { ...settled, spent: spentWith(book.spent, account, context.at) };
  const exit = exitOf(position, exits);
  const result = { fees, funding: funding.amount, isFundingKnown: funding.isKnown, pnl };
  const whole = { ...position, size: entries.size, entry: entries.price, entryFee: entries.fees };
  return { book: next, events: [exitEvent(whole, exit, result, next, context)] };
}

/** How it was left is how its last part was. */
function exitOf(position: Live, { price, liquidity, last }: Filled): Exit {
  const { tp, sl, side } = position;
  const { cause, ts } = last!;
  const { closing } = position.account;
  const asked = closing ?? {
    exit: 'CANCELLED',
    why: 'another hand closed it at the exchange',
    intended: null,
  };
  const how = {
    TP: { exit: 'TP', intended: tp, why: `the exchange filled the TP ${tp}` },
    SL: { exit: 'SL', intended: sl, why: `the SL ${sl} was reached` },
    LIQUIDATED: { exit: 'LIQUIDATED', intended: sl, why: 'the exchange liquidated it' },
  } as const;
  const { exit, intended, why } =
    cause === 'CLOSE' || cause === 'ENTRY' || cause === 'FUNDING' ? asked : how[cause];
  const slippage = intended === null ? null : worseBy(intended, price, side === 'SHORT');
  return { exit, price, ts, liquidity, slippage, why };
}

/** How much worse a price is than the one it was meant to be; better is negative. Unit: share of what was meant. */
function worseBy(meant: number, price: number, isBuy: boolean): number {
  return fillPrice((isBuy ? price - meant : meant - price) / meant);
}

/** The exchange tells a fill more than once, and may do so when the position is over. */
function spentWith(spent: Book['spent'], { fills }: OnAccount, at: number): Book['spent'] {
  const young = Object.entries(spent).filter(([, ts]) => at - ts <= REMEMBERED_MS);
  return Object.fromEntries([...young, ...fills.map(({ id, ts }) => [id, ts] as const)]);
}
