/** What a backtest came to, counted as it goes: decisions by book, strategy and pair, and the trades that were closed. */
import type { PositionEvent, REFUSALS } from '../../schemas/position-event.ts';
import type { BacktestTrade } from './desk-run.ts';

type Refusal = (typeof REFUSALS)[number];

export interface Decisions {
  signals: number;
  entered: number;
  /** Of those entered: orders that were never filled. */
  unfilled: number;
  readonly refusals: Partial<Record<Refusal, number>>;
}

/** Of one book. */
export interface BookTally {
  readonly all: Decisions;
  readonly byStrategy: Map<string, Decisions>;
  readonly byPair: Map<string, Decisions>;
  readonly trades: BacktestTrade[];
}

export class Tally {
  readonly books: ReadonlyMap<string, BookTally>;

  constructor(books: readonly string[]) {
    this.books = new Map(
      books.map((book) => [
        book,
        { all: newDecisions(), byStrategy: new Map(), byPair: new Map(), trades: [] },
      ]),
    );
  }

  event(event: PositionEvent): void {
    // The end of a SWING position is of no book.
    const book = this.books.get(event.book ?? '');
    if (book === undefined) return;
    // As `signalId` of the schema has it.
    const strategy = event.signalId.slice(0, event.signalId.indexOf(':'));
    for (const decisions of [book.all, of(book.byStrategy, strategy), of(book.byPair, event.pair)]) {
      count(decisions, event);
    }
  }

  trade(trade: BacktestTrade): void {
    this.books.get(trade.book)!.trades.push(trade);
  }
}

function count(decisions: Decisions, { kind, refusal, exit, price }: PositionEvent): void {
  if (kind === 'EXIT' && exit === 'CANCELLED' && price === null) decisions.unfilled += 1;
  if (kind !== 'DECISION') return;
  decisions.signals += 1;
  if (refusal === null) decisions.entered += 1;
  else decisions.refusals[refusal] = (decisions.refusals[refusal] ?? 0) + 1;
}

function of(groups: Map<string, Decisions>, name: string): Decisions {
  const found = groups.get(name) ?? newDecisions();
  groups.set(name, found);
  return found;
}

function newDecisions(): Decisions {
  return { signals: 0, entered: 0, unfilled: 0, refusals: {} };
}
