import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeptBars } from './kept-bars.ts';

const DAY = 1_440;
const price = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const bars = fc.record({
  open: price,
  high: price,
  low: price,
  close: price,
  lots: fc.integer({ min: 0, max: 2 ** 40 }),
  turnover: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  trades: fc.integer({ min: 0, max: 2_000 }),
});

it('gives back each bar as it was', () => {
  const minutes = fc.dictionary(fc.integer({ min: 29_000_000, max: 29_010_000 }).map(String), bars);
  fc.assert(
    fc.property(minutes, (told) => {
      const kept = new KeptBars(10);
      for (const [minute, bar] of Object.entries(told)) kept.set(Number(minute), bar);
      for (const [minute, bar] of Object.entries(told)) expect(kept.get(Number(minute))).toEqual(bar);
    }),
    { seed: 1, numRuns: 50 },
  );
});

it('knows a silent minute from one that it was not told', () => {
  const silent = { open: 5, high: 5, low: 5, close: 5, lots: 0, turnover: 0, trades: 0 };
  const kept = new KeptBars(1);
  kept.set(7, silent);
  expect(kept.get(7)).toEqual(silent);
  expect(kept.get(8)).toBeUndefined();
  expect(kept.get(7 + DAY)).toBeUndefined();
});

it('lets the first day go for one more', () => {
  const bar = { open: 1, high: 2, low: 1, close: 2, lots: 3, turnover: 5, trades: 2 };
  const kept = new KeptBars(2);
  for (const day of [4, 5, 6]) kept.set(day * DAY, bar);
  expect([4, 5, 6].map((day) => kept.get(day * DAY))).toEqual([undefined, bar, bar]);
});
