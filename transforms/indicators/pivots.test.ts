import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPivotHigh, isPivotLow } from './pivots.model.ts';
import { pivotHighs, pivotLows } from './pivots.ts';

describe('pivot highs with two bars each side', () => {
  it.each([
    ['one top', [1, 2, 3, 2, 1], [2]],
    ['a top not yet confirmed', [1, 2, 3, 2], []],
    ['a top at the start', [2, 3, 2, 1, 0], []],
    ['a higher bar two before', [4, 2, 3, 2, 1], []],
    ['an equal bar two before', [1, 3, 2, 3, 2, 1], []],
    ['a plateau', [1, 2, 5, 5, 5, 2, 1], [2]],
    ['a plateau that goes on rising', [1, 2, 5, 5, 6, 2, 1], [4]],
    ['a plateau not yet confirmed', [1, 2, 5, 5, 2], []],
    ['equal tops with one bar between them', [1, 2, 5, 3, 5, 2, 1], [2]],
    ['equal tops with two bars between them', [1, 2, 5, 3, 3, 5, 2, 1], [2, 5]],
    ['no bars', [], []],
  ])('%s', (_, highs, wanted) => {
    expect(pivotHighs(highs, 2)).toEqual(wanted);
    expect(
      pivotLows(
        highs.map((high) => -high),
        2,
      ),
    ).toEqual(wanted);
  });
});

it('are those of the definition on random bars', () => {
  const bars = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 60 });
  fc.assert(
    fc.property(bars, fc.integer({ min: 1, max: 3 }), (prices, k) => {
      const indices = prices.map((_, i) => i);
      expect(pivotHighs(prices, k)).toEqual(indices.filter((i) => isPivotHigh(prices, i, k)));
      expect(pivotLows(prices, k)).toEqual(indices.filter((i) => isPivotLow(prices, i, k)));
    }),
    { seed: 1, numRuns: 2_000 },
  );
});
