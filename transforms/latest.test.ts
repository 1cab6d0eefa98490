import fc from 'fast-check';
import { expect, it } from 'vitest';
import { candle } from './candle.fixture.ts';
import { latestBars, revisionOf } from './latest.ts';
import { marketArbitrary } from './market.arbitrary.ts';

it('takes the highest revision of each bar, oldest bar first', () => {
  const [old, better, later] = [
    candle({ openTime: 0, revision: 1, close: 1 }),
    candle({ openTime: 0, revision: 2, close: 2 }),
    candle({ openTime: 900_000, revision: 1 }),
  ];
  expect(latestBars([later, better, old, better])).toEqual([better, later]);
  expect(latestBars([])).toEqual([]);
});

it('takes bars that open in [from, to)', () => {
  const bars = [0, 1, 2, 3].map((openTime) => candle({ openTime }));
  expect(latestBars(bars, 1, 3).map((bar) => bar.openTime)).toEqual([1, 2]);
});

it.each([
  ['complete', { complete: false }, { complete: true }],
  ['volume', { volume: 1 }, { volume: 2 }],
  ['close', { close: 1 }, { close: 2 }],
  ['range', { high: 101 }, { high: 102 }],
])('lets %s decide where revisions are equal but contents are not', (_, less, more) => {
  const [a, b] = [candle(less), candle(more)];
  expect(latestBars([a, b])).toEqual([b]);
  expect(latestBars([b, a])).toEqual([b]);
});

it('gives the same for any order and number of copies', () => {
  fc.assert(
    fc.property(marketArbitrary('15m', 30, 0), (candles) => {
      const once = latestBars(candles);
      expect(latestBars([...candles.toReversed(), ...candles])).toEqual(once);
      expect(once).toEqual(once.toSorted((a, b) => a.openTime - b.openTime));
    }),
    { seed: 1 },
  );
});

it('adds up revisions', () => {
  expect(revisionOf([{ revision: 2 }, { revision: 3 }])).toBe(5);
  expect(revisionOf([])).toBe(0);
});
