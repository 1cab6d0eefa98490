import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import type { BookMinute, BookSlot } from '../market-data.ts';
import { type BookState, bookBefore, bookNow, orderBookFlip } from './order-book-flip.ts';

const params = DEFAULT_PARAMS.exhaustion;

const slot = (imbalance: number, seconds = 10, bidDepth = 40, askDepth = 60): BookSlot => ({
  seconds,
  imbalance,
  bidDepth,
  askDepth,
});
const book = (...slots: (BookSlot | null)[]): BookMinute => ({ slots });
const full = (imbalance: number): BookMinute => book(...Array.from({ length: 6 }, () => slot(imbalance)));

describe('the book before the last 10 s', () => {
  it('is the mean of the last slot before the minute and the first five of it, never of the last', () => {
    const previous = book(null, null, null, null, null, slot(-0.6));
    const minute = book(slot(-0.1), slot(-0.2), slot(-0.3), slot(-0.4), slot(-0.5), slot(0.9));
    expect(bookBefore(previous, minute)?.imbalance).toBeCloseTo(-0.35, 12);
    expect(bookNow(minute)).toEqual(slot(0.9));
  });

  it('weighs each second the same', () => {
    const previous = book(null, null, null, null, null, slot(-1, 1, 10, 100));
    const minute = book(slot(0, 9, 20, 20), ...Array.from({ length: 4 }, () => slot(0, 10, 20, 20)), null);
    expect(bookBefore(previous, minute)).toEqual({
      imbalance: -1 / 50,
      bidDepth: (10 + 49 * 20) / 50,
      askDepth: (100 + 49 * 20) / 50,
    });
  });

  it('is unknown where a slot is missing', () => {
    const gone = (at: number): BookMinute => ({
      slots: full(0.1).slots.map((s, i) => (i === at ? null : s)),
    });
    for (const at of [0, 1, 2, 3, 4]) expect(bookBefore(full(0.1), gone(at))).toBeNull();
    expect(bookBefore(gone(5), full(0.1))).toBeNull();
    expect(bookBefore(null, full(0.1))).toBeNull();
    expect(bookBefore(full(0.1), null)).toBeNull();
    expect(bookBefore(full(0.1), gone(5))?.imbalance).toBeCloseTo(0.1, 12);
    expect(bookNow(gone(5))).toBeNull();
    expect(bookNow(null)).toBeNull();
  });
});

describe('order_book_flip', () => {
  const state = (imbalance: number, bidDepth: number, askDepth: number): BookState => ({
    imbalance,
    bidDepth,
    askDepth,
  });
  /** Sellers first: bids 40, asks 100. */
  const before = state(-0.3, 40, 100);

  const cases: [string, BookState | null, BookState | null, boolean][] = [
    ['asks left by more than a quarter', before, state(0.3, 40, 60), true],
    ['asks left by exactly a quarter', before, state(0.3, 40, 75), true],
    ['asks left by a hair less', before, state(0.3, 40, 75.01), false],
    ['bids joined by exactly a quarter of the asks before', before, state(0.3, 65, 100), true],
    ['bids joined by a hair less', before, state(0.3, 64.99, 100), false],
    ['imbalance exactly −θ before', state(-0.2, 40, 100), state(0.3, 40, 60), true],
    ['imbalance a hair above −θ before', state(-0.199, 40, 100), state(0.3, 40, 60), false],
    ['imbalance exactly θ now', before, state(0.2, 40, 60), true],
    ['imbalance a hair below θ now', before, state(0.199, 40, 60), false],
    ['the book leaning with the trade all along', state(0.3, 100, 40), state(0.3, 140, 20), false],
    ['the book leaning against it all along', before, state(-0.3, 140, 20), false],
    ['no asks before, of which none can leave', state(-0.3, 0, 0), state(0.3, 10, 0), false],
    ['an unknown book before', null, state(0.3, 40, 60), false],
    ['an unknown book now', before, null, false],
  ];
  const mirror = (s: BookState | null) => s && state(-s.imbalance, s.askDepth, s.bidDepth);

  it.each(cases)('LONG with %s', (_what, was, is, holds) => {
    expect(orderBookFlip(was, is, 'LONG', params)).toBe(holds);
  });

  it.each(cases)('SHORT on the mirror image of %s', (_what, was, is, holds) => {
    expect(orderBookFlip(mirror(was), mirror(is), 'SHORT', params)).toBe(holds);
  });
});
