/** One symbol's order books, one of each connection; the first that is in sync is shown. */
import type { BookEvent } from '../exchanges/market-event.ts';
import { type BookFault, OrderBook } from '../exchanges/order-book.ts';
import type { Proof } from './continuity.ts';

/** A connection. */
export interface BookSource extends Pick<Proof, 'proven'> {
  readonly connection: number;
}

interface Sourced {
  readonly book: OrderBook;
  readonly source: BookSource;
}

/** A connection that has been silent for so long may have a book of the past. Unit: ms. */
const STILL_THE_BOOK_MS = 2_000;

export class SymbolBooks {
  readonly #books = new Map<number, Sourced>();
  #shown: Sourced | null = null;
  #outOfSyncSince: number;
  resyncs = 0;

  /** @param now Market ms. */
  constructor(now: number) {
    this.#outOfSyncSince = now;
  }

  /** Null while none is in sync, and where its connection has told nothing for a while. @param end Market ms. */
  shownAt(end: number): OrderBook | null {
    return this.#shown && this.#shown.source.proven > end - STILL_THE_BOOK_MS ? this.#shown.book : null;
  }

  /** Until `end`, market ms; 0 while in sync. */
  outOfSyncMs(end: number): number {
    return this.#shown ? 0 : Math.max(0, end - this.#outOfSyncSince);
  }

  /** What is wrong, or null; `empty` where it is out of sync and this does not change it. */
  apply(source: BookSource, event: BookEvent, now: number): BookFault | null {
    const { book } = this.#books.get(source.connection) ?? { book: new OrderBook() };
    if (!this.#books.has(source.connection)) this.#books.set(source.connection, { book, source });
    const wasInSync = book.isInSync;
    const fault = book.apply(event);
    if (book.isInSync !== wasInSync) this.#choose(now);
    return fault;
  }

  /** The connection's book is of the past. */
  clear(connection: number, now: number): void {
    this.#books.get(connection)?.book.clear();
    this.#choose(now);
  }

  drop(connection: number, now: number): void {
    this.#books.delete(connection);
    this.#choose(now);
  }

  #choose(now: number): void {
    const books = [...this.#books.values()];
    if (this.#shown?.book.isInSync && books.includes(this.#shown)) return;
    const wasShown = this.#shown !== null;
    this.#shown = books.find(({ book }) => book.isInSync) ?? null;
    if (wasShown && !this.#shown) this.#outOfSyncSince = now;
  }
}
