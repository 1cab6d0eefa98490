/** The book against what the exchange holds: what is not there any more is closed here, what should not be there is named. */

import type { HeldPosition as BrokerPosition, OrderState } from '../../connectors/broker/port.ts';
import { takeHeld } from './account.ts';
import { remaining } from './account-sums.ts';
import { isLive, isOurs } from './commands.ts';
import { type Exit, marketExit } from './fills.ts';
import type { Context, HeldPosition, Step } from './input.ts';
import { close } from './ledger.ts';
import type { Book, Position } from './state.ts';

/** Positions that the exchange has ceased to hold are closed at the last price known, since its fills did not come. */
export function reconcile(book: Book, held: readonly HeldPosition[], context: Context): Step {
  const live = takeHeld(book, held, context);
  return live.book.positions
    .filter((position) => !isLive(position) && isMissing(position, held, context))
    .reduce<Step>((done, position) => {
      const quote = context.pairs[position.pair]?.quote;
      const market = quote ? marketExit(position, quote, context.params) : null;
      const exit: Exit = {
        exit: 'CANCELLED',
        ts: context.at,
        liquidity: 'TAKER',
        ...(market ?? { price: position.entry, slippage: 0 }),
        why: 'the exchange holds it no longer',
      };
      const step = close(done.book, position, exit, context);
      return { book: step.book, events: [...done.events, ...step.events] };
    }, live);
}

function isMissing(position: Position, held: readonly HeldPosition[], { at, params }: Context): boolean {
  if (position.status !== 'OPEN' || at - position.since < params.paper.missingGraceMs) return false;
  return !held.some(({ pair, side }) => pair === position.pair && side === position.side);
}

/** What the exchange holds and no book knows. */
export function orphans<H extends HeldPosition>(
  books: readonly Pick<Book, 'positions'>[],
  held: readonly H[],
): H[] {
  return held.filter(
    ({ pair, side }) => !books.some((book) => book.positions.some((p) => p.pair === pair && p.side === side)),
  );
}

/** In what an account and its book disagree; `what` says so to people, and is the same while it is. */
export type Difference =
  | { readonly kind: 'STALE_ORDER'; readonly what: string; readonly order: OrderState }
  | { readonly kind: 'ORPHAN'; readonly what: string; readonly position: AccountPosition }
  | { readonly kind: 'SIZE'; readonly what: string };

type AccountPosition = BrokerPosition & HeldPosition;

/** Orders of other hands are theirs; those of a desk that its book has done with are stale. */
export function differences(
  book: Book,
  held: readonly AccountPosition[],
  orders: readonly OrderState[],
): Difference[] {
  const stale = orders.filter(({ clientId }) => isOurs(clientId) && !isWanted(book, clientId));
  const strange = orphans([{ positions: book.positions.filter(isLive) }], held);
  return [
    ...stale.map((order) => {
      const what = `The order ${order.clientId} in ${order.symbol} is open, and wanted no more: it is cancelled.`;
      return { kind: 'STALE_ORDER', what, order } as const;
    }),
    ...strange.map((position) => {
      const { side, size, symbol, entry } = position;
      const what = `The account holds a ${side} of ${size} ${symbol} from ${entry} that no book knows.`;
      return { kind: 'ORPHAN', what, position } as const;
    }),
    ...held.flatMap((position) => sizeDifference(book, position)),
  ];
}

function isWanted({ positions }: Book, clientId: string): boolean {
  return positions
    .filter(isLive)
    .some(
      ({ status, account }) =>
        (status === 'WORKING' && account.clientId === clientId) || account.closing?.clientId === clientId,
    );
}

function sizeDifference({ positions }: Book, { pair, side, size, symbol }: AccountPosition): Difference[] {
  const own = positions.filter(isLive).find((p) => p.pair === pair && p.side === side && p.status === 'OPEN');
  const known = own ? remaining(own.account) : size;
  if (known === size) return [];
  const what = `The account holds ${size} ${symbol} ${side}, the book ${known}: another hand traded there, or fills are late.`;
  return [{ kind: 'SIZE', what }];
}
