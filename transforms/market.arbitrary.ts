/** Random markets for property tests: bars that come back to the same prices, some filled, some missing, some twice. */
import fc from 'fast-check';
import type { Candle } from '../schemas/candle.ts';
import { INTERVAL_MS, type Interval } from '../schemas/primitives.ts';
import { candle } from './candle.fixture.ts';

const STEP = fc.record({
  move: fc.integer({ min: -12, max: 12 }),
  above: fc.integer({ min: 0, max: 8 }),
  below: fc.integer({ min: 0, max: 8 }),
  volume: fc.integer({ min: 0, max: 20 }),
  kind: fc.integer({ min: 0, max: 15 }),
});

/** Candles up to `end` (ms), at prices of 5 cents round about 100, in any order, with older revisions among them. */
export function marketArbitrary(interval: Interval, maxBars: number, end: number): fc.Arbitrary<Candle[]> {
  return fc
    .array(STEP, { minLength: 1, maxLength: maxBars, size: 'max' })
    .map((steps) => barsOf(steps, interval, end))
    .chain((bars) => fc.shuffledSubarray(bars, { minLength: bars.length, maxLength: bars.length }));
}

type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

function barsOf(steps: readonly Step[], interval: Interval, end: number): Candle[] {
  let ticks = 2_000;
  return steps.flatMap(({ move, above, below, volume, kind }, i) => {
    const openTime = end - (steps.length - i) * INTERVAL_MS[interval];
    const known = { interval, openTime, complete: kind !== 4, revision: 2 + volume };
    const before = ticks;
    if (kind === 0) return [];
    if (kind === 1) return [candle({ ...known, ...flat(before / 20), volume: 0, filled: true })];
    // Pulled back to 100, so that prices are seen again and again.
    ticks += move - Math.round((ticks - 2_000) / 10);
    const bar = candle({
      ...known,
      open: before / 20,
      high: (Math.max(before, ticks) + above) / 20,
      low: (Math.min(before, ticks) - below) / 20,
      close: ticks / 20,
      volume,
    });
    return kind === 2 ? [bar, { ...bar, ...flat(1), revision: 1 }] : [bar];
  });
}

function flat(price: number) {
  return { open: price, high: price, low: price, close: price };
}
