import { describe, expect, it } from 'vitest';
import { FeatureRow, SUPPRESSIONS, type Suppression } from '../../schemas/feature-row.ts';
import type { LevelSet } from '../../schemas/level-set.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { ClosedMinute } from '../market-data.ts';
import type { PriceCheck } from '../price-check/price-check.ts';
import { level, levelSet } from '../strategies/rows.fixture.ts';
import { computeFeatures, joinMinute } from './features.beam.ts';
import { type BarFeatures, barFeatures } from './features.ts';
import { joinFacts, type MinuteFact, nearestFirst } from './join.ts';
import { minute, randomMarket, START, shuffled } from './minutes.fixture.ts';

const OPEN = START + 179 * MINUTE_MS;
const CLOSE = OPEN + MINUTE_MS;
const market = randomMarket(7, 180).map((m) =>
  m.candle.openTime === OPEN ? minute(179, { close: 100, high: 101, low: 99, revision: 90 }) : m,
);
const bar = barFeatures(market, [], CLOSE, DEFAULT_PARAMS)!;

const features = (known: Partial<BarFeatures> = {}): MinuteFact => ({
  kind: 'features',
  features: { ...bar, ...known },
});
const price = (known: Partial<PriceCheck> = {}): MinuteFact => ({
  kind: 'price',
  check: { pair: 'BTCUSDT', openTime: OPEN, deviation: 0.001, diverged: false, revision: 5, ...known },
});
const levels = (known: Partial<LevelSet> = {}): MinuteFact => ({
  kind: 'levels',
  levels: levelSet(
    [level('SUPPORT', 98), level('SUPPORT', 99.5), level('RESISTANCE', 103), level('RESISTANCE', 101)],
    { asOf: OPEN, atr: 2, atrBaseline: 1, trend: 'UP', revision: 7, ...known },
  ),
});

describe('a row', () => {
  it('holds what each fact knows, and fits its schema', () => {
    const joined = joinFacts([features(), price(), levels()])!;
    expect(joined.row).toMatchObject({
      id: `bybit:BTCUSDT:${OPEN}:${bar.revision + 12}`,
      openTime: OPEN,
      closeTime: CLOSE,
      levelsAsOf: OPEN,
      nearestSupport: 99.5,
      nearestResistance: 101,
      trend: 'UP',
      atr: 2,
      atrBaseline: 1,
      priceDeviation: 0.001,
      suppressions: [],
      revision: bar.revision + 12,
    });
    expect(FeatureRow.strict().decode(FeatureRow.strict().encode(joined.row))).toEqual(joined.row);
    expect(joined.levels?.revision).toBe(7);
  });

  it('needs no levels and no price check', () => {
    const joined = joinFacts([features()])!;
    expect(joined.levels).toBeNull();
    expect(joined.row).toMatchObject({
      levelsAsOf: null,
      nearestSupport: null,
      nearestResistance: null,
      trend: null,
      atr: null,
      atrBaseline: null,
      priceDeviation: null,
      suppressions: [],
      revision: bar.revision,
    });
  });

  it('is not made without features', () => {
    expect(joinFacts([price(), levels()])).toBeNull();
    expect(joinFacts([])).toBeNull();
  });

  it('has no support or resistance where the set has none', () => {
    expect(joinFacts([features(), levels({ levels: [] })])?.row).toMatchObject({
      levelsAsOf: OPEN,
      nearestSupport: null,
      nearestResistance: null,
    });
  });
});

describe('levels', () => {
  it.each([
    [
      [98, 101.5, 99, 103],
      [99, 101.5, 98, 103],
    ],
    [
      [103, 99, 101.5, 98],
      [99, 101.5, 98, 103],
    ],
    [
      [101, 99, 100.5, 99.5],
      [99.5, 100.5, 99, 101],
    ],
    [
      [99, 101, 99.5, 100.5],
      [99.5, 100.5, 99, 101],
    ],
  ])('%j are %j seen from 100, the lower first of two equally near', (prices, expected) => {
    const mixed = [level('RESISTANCE', 100), ...prices.map((at) => level('SUPPORT', at))];
    expect(nearestFirst(mixed, 'SUPPORT', 100)).toEqual(expected);
  });
});

describe('of several', () => {
  it('the highest revision of each counts, in any order and number of copies', () => {
    const newest = [features({ revision: 1_000 }), price({ revision: 6 }), levels({ revision: 8 })];
    const facts = [
      ...newest,
      features({ revision: 999, close: 1 }),
      price({ revision: 5, diverged: true }),
      levels({ revision: 7, levels: [] }),
      levels({ revision: 9_999, asOf: OPEN - 1, levels: [] }),
    ];
    const expected = joinFacts(newest);
    expect(expected?.row.revision).toBe(1_014);
    for (let seed = 1; seed <= 50; seed++) {
      expect(joinFacts(shuffled([...facts, ...newest], seed))).toEqual(expected);
    }
  });

  it('the newest set as of the open counts, one from after it never', () => {
    const joined = joinFacts([
      features(),
      levels({ asOf: OPEN + 1, revision: 50 }),
      levels({ asOf: OPEN, revision: 1 }),
      levels({ asOf: OPEN - 1, revision: 50 }),
    ]);
    expect(joined?.levels).toMatchObject({ asOf: OPEN, revision: 1 });
    expect(joinFacts([features(), levels({ asOf: OPEN + 1 })])?.levels).toBeNull();
  });

  it('a check of another minute is none', () => {
    expect(joinFacts([features(), price({ openTime: OPEN - 1, diverged: true })])?.row).toMatchObject({
      priceDeviation: null,
      suppressions: [],
    });
  });
});

describe('suppressions', () => {
  const all = Array.from({ length: 16 }, (_, bits) => SUPPRESSIONS.filter((_s, i) => (bits >> i) & 1));
  it.each(all.map((reasons) => [reasons] as const))('are exactly %j', (reasons) => {
    const has = (reason: Suppression) => reasons.includes(reason);
    const joined = joinFacts([
      features({ complete: !has('INCOMPLETE'), stale: has('STALE'), warmUp: has('WARM_UP') }),
      price({ diverged: has('DIVERGED') }),
    ]);
    expect(joined?.row.suppressions).toEqual(reasons);
  });
});

describe('in the graph', () => {
  const pane = (timing: string, index: number) =>
    ({
      params: DEFAULT_PARAMS,
      window: { lookup: () => ({ end: { toNumber: () => CLOSE } }) },
      pane: { lookup: () => ({ timing, index }) },
    }) as unknown as Parameters<typeof computeFeatures>[1];

  const seen = (minutes: readonly ClosedMinute[]) => ({
    key: 'bybit:BTCUSDT',
    value: minutes.map((minute) => ({ kind: 'minute' as const, minute })),
  });

  it('features leave keyed by pair within their minute', () => {
    expect([...computeFeatures(seen(market), pane('ON_TIME', 0))]).toEqual([
      { key: 'BTCUSDT', ts: CLOSE - 1, value: features() },
    ]);
  });

  it('an unknown minute gives none', () => {
    expect([...computeFeatures(seen(market.slice(0, 179)), pane('ON_TIME', 0))]).toEqual([]);
  });

  it.each([
    ['ON_TIME', 0, true],
    ['ON_TIME', 1, false],
    ['LATE', 1, false],
    ['EARLY', 0, false],
  ])('a row of pane %s %d may be acted on: %s', (timing, index, onTime) => {
    const joined = [...joinMinute({ key: 'BTCUSDT', value: [features(), levels()] }, pane(timing, index))];
    expect(joined).toEqual([{ ...joinFacts([features(), levels()]), onTime }]);
  });

  it('no row leaves without features', () => {
    expect([...joinMinute({ key: 'BTCUSDT', value: [levels()] }, pane('ON_TIME', 0))]).toEqual([]);
  });
});
