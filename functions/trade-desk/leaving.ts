/** When a position on an account is left by our own hand: an order to close it, and another, until nothing is left of it. */
import type { Fill } from '../../connectors/broker/port.ts';
import { filledBy, remaining } from './account-sums.ts';
import { closingId } from './commands.ts';
import { midOf } from './depth.ts';
import { marketExit } from './fills.ts';
import type { Context, Heard } from './input.ts';
import { product } from './money.ts';
import type { Book, Closing, Live } from './state.ts';

type Reason = Pick<Closing, 'exit' | 'why' | 'intended'>;

/** The position with what is to be done, or was found out, about its end; the same one where that is nothing new. */
export function leave(book: Book, position: Live, context: Heard): Live {
  if (isLost(position, context)) return lost(position, context);
  const { closing } = position.account;
  const next = closing === null ? begun(book, position, context) : continued(position, closing, context);
  return next === closing ? position : { ...position, account: { ...position.account, closing: next } };
}

function begun(book: Book, position: Live, context: Context): Closing | null {
  const { at, params } = context;
  const intended = midNow(position, context);
  if (book.killed.on) {
    const reason: Reason = { exit: 'CANCELLED', why: 'the kill switch is on', intended };
    return attempt(position, reason, 1, context);
  }
  const { timeoutMs } = params.paper;
  if (at < position.since + timeoutMs) return null;
  const why = `neither TP nor SL within ${timeoutMs} ms`;
  return attempt(position, { exit: 'TIMEOUT', why, intended }, 1, context);
}

/** An order that is over and left something, or that the exchange refused a while ago, is followed by another. */
function continued(position: Live, closing: Closing, context: Context): Closing {
  const { answer, over } = closing;
  const { graceMs } = context.params.broker;
  const isRefused = answer !== null && !answer.isPlaced && context.at >= answer.at + graceMs;
  const isOver = over !== null && filledBy(position.account, closing.clientId) >= over.filled;
  return isRefused || isOver ? attempt(position, closing, closing.attempt + 1, context) : closing;
}

function attempt(position: Live, { exit, why, intended }: Reason, number: number, context: Context): Closing {
  return {
    exit,
    why,
    intended,
    attempt: number,
    size: remaining(position.account),
    answer: null,
    over: null,
    clientId: closingId(position.signalId, context.params.book, number),
  };
}

function midNow({ pair }: Live, { pairs }: Context): number | null {
  const quote = pairs[pair]?.quote;
  return quote ? midOf(quote) : null;
}

function isLost({ account }: Live, { hasHeard, at, params }: Heard): boolean {
  return hasHeard && account.missingSince !== null && at >= account.missingSince + params.broker.graceMs;
}

/** Closed at the exchange, and its fills did not come: the rest is taken to have gone at the last price known. */
function lost(position: Live, context: Context): Live {
  const { account, symbol, side, entry, pair } = position;
  const size = remaining(account);
  const quote = context.pairs[pair]?.quote;
  const market = quote ? marketExit({ side, size }, quote, context.params) : null;
  const price = market?.price ?? entry;
  const why = 'the exchange holds it no longer, and its fills did not come';
  const intended = midNow(position, context);
  const closing = attempt(
    position,
    { exit: 'CANCELLED', why, intended },
    account.closing?.attempt ?? 1,
    context,
  );
  const fee = product(price, size, context.params.paper.takerFee);
  const unseen: Fill = {
    id: `${account.clientId}-unseen`,
    clientId: null,
    cause: 'CLOSE',
    isMaker: false,
    symbol,
    side,
    price,
    size,
    fee,
    ts: context.at,
  };
  return { ...position, account: { ...account, closing, fills: [...account.fills, unseen] } };
}
