/** The book against what the exchange holds: what is not there any more is closed here, what should not be there is named. */

import { takeHeld } from './account.ts';
import { isLive } from './commands.ts';
import { marketExit } from './fills.ts';
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
      const exit = {
        ...({ exit: 'CANCELLED', ts: context.at, liquidity: 'TAKER' } as const),
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

/** What the exchange holds and no book knows: for whoever runs the broker to close. */
export function orphans(books: readonly Book[], held: readonly HeldPosition[]): HeldPosition[] {
  return held.filter(
    ({ pair, side }) => !books.some((book) => book.positions.some((p) => p.pair === pair && p.side === side)),
  );
}
