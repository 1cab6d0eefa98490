/** One symbol's order books, one of each connection; the first that is in sync is shown. */
import type { BookEvent } from '../exchanges/market-event.ts';
import { type BookFault, OrderBook } from '../exchanges/order-book.ts';

export class SymbolBooks {
  readonly #books = new Map<number, OrderBook>();
  #shown: OrderBook | null = null;
  #outOfSyncSince: number;
  resyncs = 0;

  /** @param now Market ms. */
  constructor(now: number) {
    this.#outOfSyncSince = now;
  }

  /** Null while none is in sync. */
  get shown(): OrderBook | null {
    return this.#shown;
  }

  /** Until `end`, market ms; 0 while in sync. */
  outOfSyncMs(end: number): number {
    return this.#shown ? 0 : Math.max(0, end - this.#outOfSyncSince);
  }

  /** What is wrong, or null; `empty` where it is out of sync and this does not change it. */
  apply(connection: number, event: BookEvent, now: number): BookFault | null {
    const book = this.#books.get(connection) ?? new OrderBook();
    this.#books.set(connection, book);
    const wasInSync = book.isInSync;
    const fault = book.apply(event);
    if (book.isInSync !== wasInSync) this.#choose(now);
    return fault;
  }

  /** The connection's book is of the past. */
  clear(connection: number, now: number): void {
    this.#books.get(connection)?.clear();
    this.#choose(now);
  }

  drop(connection: number, now: number): void {
    this.#books.delete(connection);
    this.#choose(now);
  }

  #choose(now: number): void {
    if (this.#shown?.isInSync && [...this.#books.values()].includes(this.#shown)) return;
    const wasShown = this.#shown !== null;
    this.#shown = [...this.#books.values()].find(({ isInSync }) => isInSync) ?? null;
    if (wasShown && !this.#shown) this.#outOfSyncSince = now;
  }
}
