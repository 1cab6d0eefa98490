import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

it('agrees with the definition on random bars', () => {
  const bars = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 60 });
  fc.assert(
    fc.property(bars, fc.integer({ min: 1, max: 3 }), (highs, k) => {
      const wanted = highs.flatMap((_, i) => (isPivot(highs, i, k) ? [i] : []));
      expect(pivotHighs(highs, k)).toEqual(wanted);
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

/** By the definition: gather the top's equals, each at most k bars after the one before, then look at both flanks. */
function isPivot(highs: readonly number[], first: number, k: number): boolean {
  let last = first;
  for (;;) {
    const next = highs.findIndex((high, i) => i > last && i <= last + k && high === highs[first]);
    if (next < 0) break;
    last = next;
  }
  if (first < k || last + k >= highs.length) return false;
  const lower = (bar: number) => bar < highs[first]!;
  const within = highs.slice(first, last + 1).every((bar) => bar <= highs[first]!);
  return (
    highs.slice(first - k, first).every(lower) && within && highs.slice(last + 1, last + 1 + k).every(lower)
  );
}
