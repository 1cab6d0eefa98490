import '../sdk.beam.ts';
import { P, type PCollection, type Root } from 'apache-beam/pvalue';
import { directRunner } from 'apache-beam/runners/direct_runner';
import { create } from 'apache-beam/transforms/create';
import { withName } from 'apache-beam/transforms/transform';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import { SignalParams } from '../../schemas/params.ts';
import { MINUTE_MS, streamKey } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { groupInto, type Keyed, register, withPane } from '../beam.ts';
import { type DecidedMinute, joinMinute, readFeatures } from '../features/features.beam.ts';
import { barFeatures } from '../features/features.ts';
import { joinFacts, type MinuteFact } from '../features/join.ts';
import { randomMarket, START, shuffled } from '../features/minutes.fixture.ts';
import { levelsForMinutes } from '../levels/levels.beam.ts';
import type { ClosedMinute } from '../market-data.ts';
import { readPriceChecks } from '../price-check/price-check.beam.ts';
import { priceCheck, priceGap } from '../price-check/price-check.ts';
import { windowsOf } from '../windows.ts';
import { level, levelSet } from './rows.fixture.ts';
import { decideSignals } from './strategies.beam.ts';
import { decide } from './strategies.ts';

/** So loose that a random market of four hours makes signals. */
const params = SignalParams.parse({
  exhaustion: { warmupBars: 21, rsiHigh: 60, rsiLow: 40, volumeDropBelow: 1 },
  levels: { touchTolerance: 0.02, wickTolerance: 0.02 },
  market: { divergenceMax: 0.02 },
});
const VENUES = { lead: 'bybit', other: 'kraken' } as const;
const COUNT = 240;
/** Bars that close by then are history. */
const EMIT_AFTER = START + 100 * MINUTE_MS;

const lead = randomMarket(11, COUNT, true);
const other = randomMarket(12, COUNT, true).map((m, n) => ({
  ...m,
  candle: {
    ...m.candle,
    venue: 'kraken' as const,
    symbol: 'XBT/USDT',
    close: lead[n % lead.length]!.candle.close,
  },
}));
/** A set each 15 minutes, but for the first hour. */
const sets = Array.from({ length: 12 }, (_, i) => {
  const asOf = START + (60 + 15 * i) * MINUTE_MS;
  const price = lead.findLast((m) => m.candle.openTime < asOf)!.candle.close;
  return levelSet([level('SUPPORT', price * 0.995), level('RESISTANCE', price * 1.005)], {
    asOf,
    revision: i + 1,
  });
});

const rows: DecidedMinute[] = [];
const signals: ScalpSignal[] = [];

function* readMinutes(): Iterable<ClosedMinute> {
  const outdated = lead.map((m) => ({ ...m, candle: { ...m.candle, close: 1, revision: 0 } }));
  yield* shuffled([...lead, ...other, ...outdated, ...lead.slice(0, 50)], 3);
}
function* readSets() {
  yield* shuffled(sets, 4);
}
function keyStream(minute: ClosedMinute): Keyed<ClosedMinute> {
  const { venue, symbol, openTime } = minute.candle;
  return { key: streamKey(venue, symbol), ts: openTime, value: minute };
}
/** The direct runner tells no pane; on a bounded input every first firing is on time. */
function collectRow(joined: DecidedMinute): DecidedMinute {
  rows.push(joined);
  return { ...joined, onTime: true };
}
function collectSignal(signal: ScalpSignal): ScalpSignal {
  signals.push(signal);
  return signal;
}
register('transforms/strategies/strategies.beam.test', {
  readMinutes,
  readSets,
  keyStream,
  collectRow,
  collectSignal,
});

/** The same without Beam. */
function expectedMinutes() {
  const gaps = Array.from({ length: COUNT }, (_, n) => START + (n + 1) * MINUTE_MS).flatMap(
    (close) => priceGap([...lead, ...other], close, VENUES) ?? [],
  );
  return Array.from({ length: COUNT }, (_, n) => START + (n + 1) * MINUTE_MS).flatMap((close) => {
    const features = barFeatures(lead, [], close, params);
    if (features === null) return [];
    const check = priceCheck('BTCUSDT', gaps, close, params.market);
    const levels = sets.findLast((set) => set.asOf <= close - MINUTE_MS);
    const facts: MinuteFact[] = [{ kind: 'features', features }];
    if (check !== null) facts.push({ kind: 'price', check });
    if (levels !== undefined) facts.push({ kind: 'levels', levels });
    return [joinFacts(facts)!];
  });
}

describe('the graph from closed minutes to signals', () => {
  beforeAll(async () => {
    const windows = windowsOf(params);
    await directRunner().run((root: Root) => {
      const start: PCollection<number> = root.apply(create([0]));
      const minutes = start.flatMap(withName('ReadMinutes', readMinutes));
      const features = minutes
        .map(withName('KeyStream', keyStream))
        .apply(readFeatures(windows, { leadVenue: VENUES.lead, params }));
      const checks = minutes
        .map(withName('KeyStreamAgain', keyStream))
        .apply(readPriceChecks(windows, { venues: VENUES, params }));
      const levels = start
        .flatMap(withName('ReadSets', readSets))
        .flatMap(withName('CopyLevels', levelsForMinutes));
      return P([features, checks, levels] as PCollection<Keyed<MinuteFact>>[])
        .apply(groupInto<MinuteFact>('GroupIntoMinute', windows.bar('1m')))
        .flatMap(withName('JoinMinute', joinMinute), withPane({}))
        .map(withName('CollectRow', collectRow))
        .flatMap(withName('DecideSignals', decideSignals), { params, emitAfterMs: EMIT_AFTER })
        .map(withName('CollectSignal', collectSignal));
    });
  });

  it('gives one row for each minute of the lead venue, as the cores do', () => {
    const got = rows.toSorted((a, b) => a.row.openTime - b.row.openTime);
    expect(got.map(({ row, levels }) => ({ row, levels }))).toEqual(expectedMinutes());
    const known = (field: keyof FeatureRow) => got.filter(({ row }) => row[field] !== null).length;
    expect(known('priceDeviation')).toBeGreaterThan(100);
    expect(known('levelsAsOf')).toBeGreaterThan(100);
    expect(known('bookImbalance60s')).toBeGreaterThan(100);
  });

  it('gives the signals of bars after the start, as the cores do', () => {
    const expected = expectedMinutes()
      .filter(({ row }) => row.closeTime > EMIT_AFTER)
      .flatMap(({ row, levels }) => decide(row, levels, params));
    const byId = (a: ScalpSignal, b: ScalpSignal) => (a.id < b.id ? -1 : 1);
    expect(signals.toSorted(byId)).toEqual(expected.toSorted(byId));
    expect(signals.length).toBeGreaterThan(5);
  });
});
