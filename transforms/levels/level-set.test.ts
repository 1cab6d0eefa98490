import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Level, LevelSet, type TrendLine } from '../../schemas/level-set.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import type { AtrBaseline } from '../atr-baseline/atr-baseline.ts';
import type { TrendSet } from '../trend/trend.ts';
import { type LevelPart, levelSetOf, mergeLevels } from './level-set.ts';
import type { LevelsAtClose } from './levels.ts';

const AS_OF = Date.UTC(2025, 5, 2, 12, 30);
const PARAMS = DEFAULT_PARAMS.levels;

function level(price: number, strength: number, more: Partial<Level> = {}): Level {
  const visits = { touches: 3, recentTouches: 2, firstTouch: 0, lastTouch: 0, volume: 1 };
  return { price, role: 'SUPPORT', strength, ...visits, flipped: false, confluence: [], ...more };
}

const LEVELS: LevelsAtClose = {
  kind: 'levels',
  venue: 'kraken',
  symbol: 'XBT/USDT',
  asOf: AS_OF,
  levels: [level(100, 0.5)],
  pointOfControl: 101,
  atr: 2,
  candles: 120,
  complete: true,
  revision: 10,
};
const LINE: TrendLine = {
  slope: 1,
  intercept: 99.5,
  anchor: AS_OF - 1_800_000,
  r2: 0.9,
  swings: 6,
  lookback: 100,
};
const TREND: TrendSet = {
  kind: 'trend',
  venue: 'kraken',
  symbol: 'XBT/USDT',
  asOf: AS_OF,
  trendlineHigh: LINE,
  trendlineLow: null,
  trend: 'UP',
  revision: 20,
};
const BASELINE: AtrBaseline = { kind: 'atrBaseline', asOf: AS_OF, atr: 1.5, revision: 5 };
const setOf = (...parts: LevelPart[]) => levelSetOf(parts, PARAMS);
const levelAt = (price: number) => ({ ...LEVELS, levels: [level(price, 0.5)] });

describe('a level set', () => {
  it('joins levels, trend and baseline', () => {
    const set = setOf(LEVELS, TREND, BASELINE)!;
    expect(set).toEqual({
      id: `BTCUSDT:${AS_OF}:35`,
      venue: 'kraken',
      symbol: 'XBT/USDT',
      pair: 'BTCUSDT',
      asOf: AS_OF,
      levels: [level(100, 0.55, { confluence: ['TREND_LINE'] })],
      trendlineHigh: LINE,
      trendlineLow: null,
      trend: 'UP',
      pointOfControl: 101,
      atr: 2,
      atrBaseline: 1.5,
      candles: 120,
      complete: true,
      revision: 35,
    });
    expect(LevelSet.encode(set).asOf).toBe('2025-06-02T12:30:00.000Z');
  });

  it('ranges without a trend, has no baseline without one, and is none without levels', () => {
    expect(setOf(LEVELS)).toMatchObject({
      trend: 'RANGING',
      trendlineHigh: null,
      atrBaseline: null,
      revision: 10,
    });
    expect(setOf(TREND, BASELINE)).toBeNull();
    expect(setOf()).toBeNull();
  });

  it('takes the highest revision of each part, in any order and number', () => {
    const parts = [
      LEVELS,
      { ...LEVELS, atr: 3, revision: 11 },
      TREND,
      { ...TREND, trend: 'DOWN' as const, revision: 19 },
      BASELINE,
      { ...BASELINE, atr: 1.6, revision: 6 },
    ];
    const wanted = { atr: 3, trend: 'UP', atrBaseline: 1.6, revision: 37 };
    expect(setOf(...parts)).toMatchObject(wanted);
    expect(setOf(...parts.toReversed(), ...parts)).toEqual(setOf(...parts));
  });

  it('sees a trend line within touchTolerance of the level, where the line is now', () => {
    // The line was 99.5 half an hour ago and rises by 1 an hour: 100 now. Tolerance is a share of the level.
    const confluence = (price: number) => setOf(levelAt(price), TREND)!.levels[0]!.confluence;
    expect(confluence(100)).toEqual(['TREND_LINE']);
    expect(confluence(100 / 1.0025)).toEqual(['TREND_LINE']);
    expect(confluence(99.75)).toEqual([]);
    expect(confluence(100.25)).toEqual(['TREND_LINE']);
    expect(confluence(100.26)).toEqual([]);
  });

  it('lists confluence in one order and lets a trend line make the stronger', () => {
    const tagged = level(100, 0.5, { confluence: ['SWING_1H', 'ROUND_NUMBER'] });
    const set = setOf({ ...LEVELS, levels: [level(100.4, 0.52), tagged] }, TREND)!;
    expect(set.levels.map(({ price }) => price)).toEqual([100]);
    expect(set.levels[0]!.confluence).toEqual(['SWING_1H', 'TREND_LINE', 'ROUND_NUMBER']);
  });
});

describe('merging', () => {
  const prices = (levels: Level[]) => mergeLevels(levels, 0.005).map(({ price }) => price);

  it('sorts strongest first, then by price', () => {
    expect(prices([level(110, 0.5), level(100, 0.5), level(120, 0.9)])).toEqual([120, 100, 110]);
  });

  it('takes in levels nearer than the distance, not those exactly at it', () => {
    expect(prices([level(100, 0.9), level(100.49, 0.5), level(99.51, 0.5)])).toEqual([100]);
    expect(prices([level(100, 0.9), level(100.5, 0.5), level(99.5, 0.4)])).toEqual([100, 100.5, 99.5]);
  });

  it('keeps what is near only to a level that is gone', () => {
    expect(prices([level(100, 0.9), level(100.4, 0.8), level(100.8, 0.7)])).toEqual([100, 100.8]);
  });

  it('decides ties by price, then the older, then the role', () => {
    expect(prices([level(100.1, 0.5), level(100, 0.5)])).toEqual([100]);
    const older = level(100, 0.5, { firstTouch: 1 });
    const younger = level(100, 0.5, { firstTouch: 2 });
    expect(mergeLevels([younger, older], 0.005)).toEqual([older]);
    const [resistance, support] = [level(100, 0.5, { role: 'RESISTANCE' }), level(100, 0.5)];
    expect(mergeLevels([support, resistance], 0.005)).toEqual([resistance]);
  });

  it('of any levels in any order leaves the same, none near another, each lost one near a stronger', () => {
    const some = fc.array(fc.tuple(fc.integer({ min: 1_960, max: 2_040 }), fc.integer({ min: 1, max: 9 })));
    fc.assert(
      fc.property(some, (pairs) => {
        const levels = pairs.map(([ticks, tenths]) => level(ticks / 20, tenths / 10));
        const kept = mergeLevels(levels, 0.005);
        expect(mergeLevels(levels.toReversed(), 0.005)).toEqual(kept);
        const near = (one: Level, stronger: Level) =>
          Math.abs(one.price - stronger.price) < 0.005 * stronger.price - 1e-9;
        for (const [i, one] of kept.entries()) {
          expect(kept.slice(0, i).some((stronger) => near(one, stronger))).toBe(false);
        }
        for (const one of levels.filter((each) => !kept.includes(each))) {
          expect(kept.some((each) => each.strength >= one.strength && near(one, each))).toBe(true);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
