import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../schemas/candle.ts';
import type { TrendLine } from '../../schemas/level-set.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { candle } from '../candle.fixture.ts';
import { latestBars } from '../latest.ts';
import { marketArbitrary } from '../market.arbitrary.ts';
import { modelLine } from './trend.model.ts';
import { lineAt, trendAt } from './trend.ts';

const HOUR = 3_600_000;
const AS_OF = Date.UTC(2025, 5, 2, 12);
const PARAMS = DEFAULT_PARAMS.trend;

/** Hours up to AS_OF, `highOf` and `lowOf` told the hours before AS_OF at which each opened. */
function market(
  hours: number,
  highOf: (before: number) => number,
  lowOf: (before: number) => number = () => 50,
): Candle[] {
  return Array.from({ length: hours }, (_, i) => {
    const before = hours - i;
    const [high, low] = [highOf(before), lowOf(before)];
    return candle({ interval: '1h', openTime: AS_OF - before * HOUR, open: low, high, low, close: high });
  });
}

/** A swing high every 8 hours, on the line that is `at` now and rises by `slope` an hour; else far below. */
const peaks = (at: number, slope: number) => (before: number) =>
  before % 8 === 0 ? at - slope * before : 60;
const troughs = (at: number, slope: number) => (before: number) =>
  before % 8 === 4 ? at - slope * before : 50;

describe('a line', () => {
  it('runs through the swings, its intercept being its value at the close', () => {
    const trend = trendAt(market(200, peaks(100, 0.1)), AS_OF, PARAMS)!;
    // Tops at 8, 16 … 192 hours before; the bar that opened 200 hours before has nothing before it.
    expect(trend.trendlineHigh).toEqual({
      slope: expect.closeTo(0.1, 12),
      intercept: expect.closeTo(100, 10),
      anchor: AS_OF,
      r2: expect.closeTo(1, 12),
      swings: 24,
      lookback: 200,
    });
    expect(trend.trendlineLow).toBeNull();
    expect(lineAt(trend.trendlineHigh!, AS_OF + 5 * HOUR)).toBeCloseTo(100.5, 9);
  });

  it('looks back where it fits best', () => {
    const bend = (before: number) => (before % 8 === 0 ? (before < 100 ? 100 + before / 10 : 80) : 60);
    const line = trendAt(market(200, bend), AS_OF, PARAMS)!.trendlineHigh!;
    expect(line).toMatchObject({ slope: expect.closeTo(-0.1, 9), r2: expect.closeTo(1, 9) });
    expect(line.lookback).toBe(100);
  });

  it('prefers the longer lookback between equals', () => {
    const recent = (before: number) => (before % 8 === 0 && before <= 48 ? 100 + before ** 1.1 : 60);
    expect(trendAt(market(200, recent), AS_OF, PARAMS)!.trendlineHigh!.lookback).toBe(200);
    expect(trendAt(market(199, recent), AS_OF, PARAMS)!.trendlineHigh!.lookback).toBe(150);
    expect(trendAt(market(50, recent), AS_OF, PARAMS)!.trendlineHigh!.lookback).toBe(50);
    expect(trendAt(market(49, recent), AS_OF, PARAMS)!.trendlineHigh).toBeNull();
  });

  it('needs minSwings', () => {
    const last = (count: number) => (before: number) =>
      before % 8 === 0 && before <= 8 * count ? 100 + before : 60;
    expect(trendAt(market(60, last(4)), AS_OF, PARAMS)!.trendlineHigh).toBeNull();
    expect(trendAt(market(60, last(5)), AS_OF, PARAMS)!.trendlineHigh).toMatchObject({ swings: 5 });
  });

  it('needs minR2, and takes exactly that', () => {
    // Heights 0 2 1 3 2 at even steps: R² = (Σxy)² / (Σx² Σy²) = 5² / (10 × 5.2) = 25/52.
    const heights = [0, 2, 1, 3, 2];
    const bars = market(60, (before) =>
      before % 8 === 0 && before <= 40 ? 100 + heights[before / 8 - 1]! : 60,
    );
    const line = (minR2: number) => trendAt(bars, AS_OF, { ...PARAMS, minR2 })!.trendlineHigh;
    const { r2 } = line(0)!;
    expect(r2).toBeCloseTo(25 / 52, 12);
    expect(line(r2)).not.toBeNull();
    expect(line(r2 + 1e-6)).toBeNull();
  });

  it('passes over filled bars', () => {
    const bars = market(60, peaks(100, 1)).map((bar) => ({ ...bar, filled: bar.high > 60 }));
    expect(trendAt(bars, AS_OF, PARAMS)!.trendlineHigh).toBeNull();
  });
});

describe('the market', () => {
  it.each([
    ['UP', 0.1, 0.05],
    ['DOWN', -0.1, -0.05],
    ['RANGING', 0.1, -0.05],
    ['RANGING', 0, 0],
  ] as const)('is %s where the lines rise by %d and %d an hour', (wanted, high, low) => {
    const trend = trendAt(market(100, peaks(100, high), troughs(40, low)), AS_OF, PARAMS)!;
    expect(trend.trendlineHigh).not.toBeNull();
    expect(trend.trendlineLow).not.toBeNull();
    expect(trend.trend).toBe(wanted);
  });

  it('follows the only line that counts, and ranges without any', () => {
    expect(trendAt(market(100, peaks(100, 0.1)), AS_OF, PARAMS)!.trend).toBe('UP');
    expect(
      trendAt(
        market(100, () => 60),
        AS_OF,
        PARAMS,
      )!.trend,
    ).toBe('RANGING');
  });

  it('is unknown without the hour that closes now', () => {
    const bars = market(100, peaks(100, 0.1));
    expect(trendAt(bars.slice(0, -1), AS_OF, PARAMS)).toBeNull();
    expect(trendAt(bars, AS_OF, PARAMS)!.revision).toBe(100);
  });
});

describe('on random markets', () => {
  const markets = marketArbitrary('1h', 220, AS_OF);
  const loose = { ...PARAMS, minR2: 0.1, minSwings: 4 };

  it('lines equal those of the naive oracle', () => {
    let found = 0;
    fc.assert(
      fc.property(markets, (candles) => {
        const trend = trendAt(candles, AS_OF, loose);
        fc.pre(trend !== null);
        const bars = latestBars(candles);
        expectLine(trend.trendlineHigh, modelLine(bars, AS_OF, 'high', loose));
        expectLine(trend.trendlineLow, modelLine(bars, AS_OF, 'low', loose));
        found += Number(trend.trendlineHigh !== null) + Number(trend.trendlineLow !== null);
      }),
      { seed: 1, numRuns: 300 },
    );
    expect(found).toBeGreaterThan(50);
  });

  it('lines know nothing of what comes after the close', () => {
    fc.assert(
      fc.property(markets, fc.integer({ min: 0, max: 150 }), (candles, back) => {
        const asOf = AS_OF - back * HOUR;
        const prefix = candles.filter((bar) => bar.openTime < asOf);
        expect(trendAt(candles, asOf, loose)).toEqual(trendAt(prefix, asOf, loose));
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

function expectLine(got: TrendLine | null, wanted: TrendLine | null): void {
  if (got === null || wanted === null) {
    expect(got).toEqual(wanted);
    return;
  }
  const { slope, intercept, r2, ...exact } = wanted;
  expect(got).toMatchObject(exact);
  expect(got.slope).toBeCloseTo(slope, 8);
  expect(got.intercept).toBeCloseTo(intercept, 7);
  expect(got.r2).toBeCloseTo(r2, 8);
}
