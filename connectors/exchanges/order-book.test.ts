import { describe, expect, it } from 'vitest';
import type { BookEvent } from './market-event.ts';
import { OrderBook } from './order-book.ts';

function event(known: Partial<BookEvent>): BookEvent {
  return { kind: 'book', symbol: 'X', ts: 0, isSnapshot: false, bids: [], asks: [], update: 1, ...known };
}

const SNAPSHOT = event({
  isSnapshot: true,
  update: 10,
  bids: [
    [99.95, 1],
    [99.9, 2],
    [99.6, 4],
  ],
  asks: [
    [100.05, 3],
    [100.25, 5],
    [101, 7],
  ],
});

function synced(): OrderBook {
  const book = new OrderBook();
  book.apply(SNAPSHOT);
  return book;
}

describe('OrderBook', () => {
  it('sums sizes within each distance of mid', () => {
    const book = synced();
    // Mid 100: 99.95 and 100.05 are 5 bps away, 99.9 is 10, 100.25 is 25, 99.6 is 40, 101 is 100.
    expect(book.depth(book.top()!, [5, 10, 25, 50])).toEqual({ bids: [1, 3, 3, 7], asks: [3, 3, 8, 8] });
  });

  it('replaces sizes, removes levels of size 0, takes new ones', () => {
    const book = synced();
    const fault = book.apply(
      event({
        update: 11,
        bids: [
          [99.95, 0],
          [99.9, 9],
        ],
        asks: [[100, 1]],
      }),
    );
    expect(fault).toBeNull();
    expect(book.top()).toEqual({ bestBid: 99.9, bestAsk: 100 });
  });

  it('falls out of sync where an update is missing, until the next snapshot', () => {
    const book = synced();
    expect(book.apply(event({ update: 12 }))).toBe('gap');
    expect(book.top()).toBeNull();
    expect(book.apply(event({ update: 13 }))).toBe('empty');
    expect(book.apply({ ...SNAPSHOT, update: 1 })).toBeNull();
    expect(book.isInSync).toBe(true);
  });

  it('does not trust a crossed book', () => {
    const book = synced();
    expect(book.apply(event({ update: 11, bids: [[100.05, 1]] }))).toBe('crossed');
    expect(book.isInSync).toBe(false);
  });

  it('takes a snapshot in mid-stream as a new beginning', () => {
    const book = synced();
    expect(book.apply({ ...SNAPSHOT, update: 500, bids: [[50, 1]] })).toBeNull();
    expect(book.top()?.bestBid).toBe(50);
  });

  it('has no top while a side is empty', () => {
    const book = new OrderBook();
    book.apply(event({ isSnapshot: true, bids: [[1, 1]] }));
    expect(book.top()).toBeNull();
  });
});
