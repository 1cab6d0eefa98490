/**
 * Positions that live on an account: what the exchange reports of them is kept as facts, each once, and what follows is
 * a function of all facts there are. So reports may come in any order, any number of times, from any number of executions.
 */
import type { Fill, OrderState, Placing } from '../../connectors/broker/port.ts';
import { closingId, isLive, isOurs, SKEW_MS } from './commands.ts';
import type { Context, HeldPosition, Step } from './input.ts';
import { replaced } from './ledger.ts';
import { progress } from './progress.ts';
import type { Book, Closing, Live, OnAccount } from './state.ts';

type Change = (position: Live) => OnAccount;

/** Takes in what `change` makes known of each position on the account, and goes on from there. */
function learn(book: Book, context: Context, change: Change, hasHeard = false): Step {
  return book.positions.filter(isLive).reduce<Step>(
    (done, position) => {
      const account = change(position);
      const known = account === position.account ? position : { ...position, account };
      const step = progress(replaced(done.book, position, known), known, { ...context, hasHeard });
      return { book: step.book, events: [...done.events, ...step.events] };
    },
    { book, events: [] },
  );
}

/** Nothing new is known but the time, a price or a switch. */
export function lookAgain(book: Book, context: Context): Step {
  return learn(book, context, ({ account }) => account);
}

/** Orders that may still be filled are taken back. */
export function takeBack(book: Book, why: string, context: Context, pair?: string): Step {
  return learn(book, context, (position) => {
    const { account, status } = position;
    const isMeant =
      status === 'WORKING' && account.ending === null && (pair ?? position.pair) === position.pair;
    return isMeant ? { ...account, ending: { at: context.at, why } } : account;
  });
}

/** `context.at` is from before the exchange was asked: what it has not told by then it will not tell of long before. */
export function takeFills(book: Book, fills: readonly Fill[], context: Context): Step {
  const change = (position: Live) => {
    const known = new Set(position.account.fills.map(({ id }) => id));
    const news = fills.filter((fill) => isOf(fill, position, book) && !known.has(fill.id));
    const once = new Map(news.map((fill) => [fill.id, fill]));
    if (once.size === 0) return position.account;
    return { ...position.account, fills: [...position.account.fills, ...once.values()] };
  };
  return learn(book, context, change, true);
}

/** Which fills are of a position: its own orders', and what the exchange or another hand did to its symbol since. */
function isOf(fill: Fill, { signalId, symbol, side, account }: Live, book: Book): boolean {
  if (fill.symbol !== symbol || fill.side !== side || book.spent[fill.id] !== undefined) return false;
  if (fill.cause === 'ENTRY') return fill.clientId === account.clientId;
  if (fill.clientId !== null && isOurs(fill.clientId))
    return isClosingOf(fill.clientId, signalId, account, book);
  return fill.ts >= account.orderedAt - SKEW_MS;
}

function isClosingOf(clientId: string, signalId: string, { closing }: OnAccount, { book }: Book): boolean {
  const attempts = Array.from({ length: closing?.attempt ?? 0 }, (_, i) => closingId(signalId, book, i + 1));
  return attempts.includes(clientId);
}

export function takePlacing(book: Book, clientId: string, outcome: Placing, context: Context): Step {
  const { at } = context;
  return learn(book, context, ({ account }) => {
    const { closing, placedAt, over } = account;
    if (closing?.clientId === clientId && closing.answer === null) {
      return { ...account, closing: { ...closing, answer: { at, isPlaced: outcome.kind === 'placed' } } };
    }
    if (account.clientId !== clientId || placedAt !== null || over !== null) return account;
    if (outcome.kind === 'placed') return { ...account, placedAt: at };
    return { ...account, over: { at, filled: 0, reason: `the exchange refused it: ${outcome.reason}` } };
  });
}

export function takeOrder(book: Book, clientId: string, state: OrderState | null, context: Context): Step {
  return learn(book, context, ({ account }) => {
    if (account.closing?.clientId === clientId) return closeKnown(account, account.closing, state, context);
    if (account.clientId !== clientId || account.over !== null) return account;
    if (state === null) return entryUnknown(account, context);
    const placedAt = account.placedAt ?? context.at;
    if (state.status === 'open') return account.placedAt === null ? { ...account, placedAt } : account;
    const { filled, reason } = state;
    return { ...account, placedAt, over: { at: context.at, filled, reason } };
  });
}

/**
 * An order that the account has not, although it was placed, or long after it could last be sent, will not be filled.
 * One that is not known to be placed may be on its way by another execution, which tries more than once.
 */
function entryUnknown(account: OnAccount, { at, params }: Context): OnAccount {
  const { placedAt, ending } = account;
  const since = Math.max(placedAt ?? -1, ending?.at ?? -1);
  const graceMs = placedAt === null ? params.paper.missingGraceMs : params.broker.graceMs;
  if (since < 0 || at < since + graceMs) return account;
  return { ...account, over: { at, filled: 0, reason: 'the exchange does not know it' } };
}

function closeKnown(
  account: OnAccount,
  closing: Closing,
  state: OrderState | null,
  { at, params }: Context,
): OnAccount {
  if (closing.over !== null || state?.status === 'open') return account;
  if (state !== null) return { ...account, closing: { ...closing, over: { filled: state.filled } } };
  const isGone = closing.answer !== null && at >= closing.answer.at + params.broker.graceMs;
  return isGone ? { ...account, closing: { ...closing, over: { filled: 0 } } } : account;
}

/** What the exchange lists no more was closed there: its fills say how, or after a while nobody does. */
export function takeHeld(book: Book, held: readonly HeldPosition[], context: Context): Step {
  const { at, params } = context;
  return learn(book, context, ({ account, status, pair, side, since }) => {
    const isYoung = status !== 'OPEN' || at - since < params.paper.missingGraceMs;
    const isHeld = isYoung || held.some((other) => other.pair === pair && other.side === side);
    if (isHeld) return account.missingSince === null ? account : { ...account, missingSince: null };
    return account.missingSince === null ? { ...account, missingSince: at } : account;
  });
}
