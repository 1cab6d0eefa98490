import '../sdk.beam.ts';
import { P, type PCollection, type Root } from 'apache-beam/pvalue';
import { directRunner } from 'apache-beam/runners/direct_runner';
import { create } from 'apache-beam/transforms/create';
import { withName } from 'apache-beam/transforms/transform';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Candle } from '../../schemas/candle.ts';
import type { LevelSet } from '../../schemas/level-set.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { register } from '../beam.ts';
import { candle } from '../candle.fixture.ts';
import { windowsOf } from '../windows.ts';
import { modelLevelSets } from './level-sets.model.ts';
import { levelsForMinutes, marketLevels } from './levels.beam.ts';

const SLOT = 900_000;
const START = Date.UTC(2025, 5, 2);
/** Three days and a bit: the second is the first whole one with an ATR all day, so the third has a baseline. */
const SLOTS = 3 * 96 + 7;

const history = { BTCUSDT: walk('BTCUSDT', 1), ETHUSDT: walk('ETHUSDT', 2) };
const collected: LevelSet[] = [];

function* readSlots(symbol: keyof typeof history): Iterable<Candle> {
  const outdated = history[symbol].slots.map((bar) => ({
    ...bar,
    close: bar.low,
    complete: false,
    revision: 0,
  }));
  yield* [...history[symbol].slots, ...outdated].toReversed();
}
function* readHours(symbol: keyof typeof history): Iterable<Candle> {
  yield* history[symbol].hours.toReversed();
}
function collect(set: LevelSet): LevelSet {
  collected.push(set);
  return set;
}
register('transforms/levels/levels.beam.test', { readSlots, readHours, collect });

describe('the graph from candles to level sets', () => {
  beforeAll(async () => {
    await directRunner().run((root: Root) => {
      const symbols: PCollection<keyof typeof history> = root.apply(create(['BTCUSDT', 'ETHUSDT']));
      const m15 = symbols.flatMap(withName('ReadSlots', readSlots));
      const h1 = symbols.flatMap(withName('ReadHours', readHours));
      const sets = P({ m15, h1 }).apply(marketLevels(windowsOf(DEFAULT_PARAMS), DEFAULT_PARAMS, 0));
      return sets.map(withName('Collect', collect));
    });
  });

  it.each(['BTCUSDT', 'ETHUSDT'] as const)('gives %s, for each 15m close, what the cores give', (symbol) => {
    const got = collected.filter((set) => set.symbol === symbol).toSorted((a, b) => a.asOf - b.asOf);
    const wanted = modelLevelSets(history[symbol].slots, history[symbol].hours);
    expect(got).toEqual(wanted);
    expect(got.some((set) => set.levels.length > 0)).toBe(true);
    expect(got.some((set) => set.trendlineHigh !== null)).toBe(true);
    expect(got.filter((set) => set.atrBaseline !== null).length).toBe(96 + 7);
  });
});

it('a level set holds for the 15 minutes that open at or after its close', () => {
  const set = modelLevelSets(history.BTCUSDT.slots.slice(0, 1), [])[0]!;
  const copies = [...levelsForMinutes(set)];
  expect(copies.map(({ ts }) => ts - set.asOf)).toEqual(
    Array.from({ length: 15 }, (_, k) => k * 60_000 + 59_999),
  );
  expect(copies[0]).toEqual({
    key: 'BTCUSDT',
    ts: START + SLOT + 59_999,
    value: { kind: 'levels', levels: set },
  });
});

/** Waves about 100, so that levels and lines come about; the last hour is not whole. */
function walk(symbol: string, seed: number): { slots: Candle[]; hours: Candle[] } {
  const priceAt = (i: number) =>
    100 + i / 100 + 2 * Math.sin(i / (3 + seed)) + ((i * 7_919 * seed) % 13) / 50;
  const slots = Array.from({ length: SLOTS }, (_, i) => {
    const [open, close] = [priceAt(i), priceAt(i + 1)];
    const [high, low] = [Math.max(open, close) + 0.1, Math.min(open, close) - 0.1];
    return candle({
      symbol,
      openTime: START + i * SLOT,
      open,
      high,
      low,
      close,
      volume: 1 + (i % 5),
      revision: 3,
    });
  });
  const hours = Array.from({ length: Math.floor(SLOTS / 4) }, (_, i) => {
    const bars = slots.slice(4 * i, 4 * i + 4);
    const high = Math.max(...bars.map((bar) => bar.high));
    const low = Math.min(...bars.map((bar) => bar.low));
    return candle({ ...bars[0], interval: '1h', high, low, close: bars[3]!.close, revision: 12 });
  });
  return { slots, hours };
}
