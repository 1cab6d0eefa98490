/** Feature rows and level sets for tests, of which only what matters need be said; and random ones. */
import type { ExhaustionChecks, FeatureRow } from '../../schemas/feature-row.ts';
import type { Level, LevelRole, LevelSet, TrendLine } from '../../schemas/level-set.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { randomOf, START } from '../features/minutes.fixture.ts';

export const NO_CHECKS: ExhaustionChecks = {
  volume_drop: false,
  double_wick: false,
  rsi_extreme: false,
  order_book_flip: false,
};
export const TWO_CHECKS: ExhaustionChecks = { ...NO_CHECKS, volume_drop: true, rsi_extreme: true };
export const THREE_CHECKS: ExhaustionChecks = { ...TWO_CHECKS, double_wick: true };

/** A quiet bar at 100 that no rule looks at twice. */
export function row(known: Partial<FeatureRow> = {}): FeatureRow {
  return {
    id: `bybit:BTCUSDT:${START}:1`,
    venue: 'bybit',
    symbol: 'BTCUSDT',
    pair: 'BTCUSDT',
    openTime: START,
    closeTime: START + MINUTE_MS,
    open: 100,
    high: 100,
    low: 100,
    close: 100,
    volume: 10,
    rsi7: 50,
    rsi14: 50,
    volumeEma20: 10,
    volumeRatio: 1,
    volumeSpike: 1,
    bookImbalance60s: null,
    bookImbalance10s: null,
    divergence: null,
    checksLong: NO_CHECKS,
    checksShort: NO_CHECKS,
    voided: false,
    levelsAsOf: START,
    nearestSupport: null,
    nearestResistance: null,
    trend: 'RANGING',
    atr: 1,
    atrBaseline: 1,
    priceDeviation: null,
    coverage: 1,
    suppressions: [],
    revision: 1,
    ...known,
  };
}

export function level(role: LevelRole, price: number, known: Partial<Level> = {}): Level {
  return {
    price,
    role,
    strength: 0.5,
    touches: 4,
    recentTouches: 3,
    firstTouch: START - 100 * MINUTE_MS,
    lastTouch: START - 20 * MINUTE_MS,
    volume: 1_000,
    flipped: false,
    confluence: [],
    ...known,
  };
}

export function line(known: Partial<TrendLine> = {}): TrendLine {
  return { slope: 1, intercept: 100, anchor: START, r2: 0.9, swings: 6, lookback: 50, ...known };
}

export function levelSet(levels: readonly Level[], known: Partial<LevelSet> = {}): LevelSet {
  return {
    id: `BTCUSDT:${START}:1`,
    venue: 'bybit',
    symbol: 'BTCUSDT',
    pair: 'BTCUSDT',
    asOf: START,
    levels: [...levels],
    trendlineHigh: null,
    trendlineLow: null,
    trend: 'RANGING',
    pointOfControl: null,
    atr: 1,
    atrBaseline: 1,
    candles: 120,
    complete: true,
    revision: 1,
    ...known,
  };
}

/** A row and a set that often meet: a close near 100 on a tick of 0.01, levels within half a percent of it. */
export function randomMeeting(seed: number): { row: FeatureRow; levels: LevelSet | null } {
  const random = randomOf(seed);
  const oneOf = <T>(...options: readonly T[]): T => options[Math.floor(random() * options.length)]!;
  const near = (ticks: number) => (10_000 + Math.floor((random() * 2 - 1) * ticks)) / 100;
  const checks = (): ExhaustionChecks => ({
    volume_drop: oneOf(true, false),
    double_wick: oneOf(true, false),
    rsi_extreme: oneOf(true, false),
    order_book_flip: oneOf(true, false),
  });
  const prices = [near(40), near(40), near(40), near(40)].sort((a, b) => a - b);
  const trend = oneOf('UP', 'DOWN', 'RANGING');
  const made = row({
    low: prices[0]!,
    open: prices[1]!,
    close: prices[2]!,
    high: prices[3]!,
    checksLong: checks(),
    checksShort: checks(),
    voided: oneOf(true, false, false),
    divergence: oneOf('BULLISH', 'BEARISH', null),
    volumeSpike: oneOf(null, 2.49, 2.5, 4),
    suppressions: oneOf([], [], [], ['STALE'], ['INCOMPLETE', 'WARM_UP']),
    trend,
  });
  const levels = Array.from({ length: Math.floor(random() * 5) }, () =>
    level(oneOf('SUPPORT', 'RESISTANCE'), near(50), { strength: oneOf(0.2, 0.5, 0.5, 0.9) }),
  );
  const lines = trend === 'RANGING' ? [null, null] : oneOf([line(), null], [null, line()], [line(), line()]);
  const set = levelSet(levels, { trend, trendlineHigh: lines[0]!, trendlineLow: lines[1]! });
  return { row: made, levels: random() < 0.05 ? null : set };
}
