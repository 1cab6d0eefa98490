import { createHash } from 'node:crypto';
import { describe, expect, it, type TestContext } from 'vitest';
import { LevelSet } from '../../schemas/level-set.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { type AtrDay, atrBaselinesOf, atrDayOf, DAY_MS } from '../atr-baseline/atr-baseline.ts';
import { REAL_SYMBOLS, readRealCandles } from '../real-candles.fixture.ts';
import { trendAt } from '../trend/trend.ts';
import golden from './golden.json' with { type: 'json' };
import { type LevelPart, levelSetOf } from './level-set.ts';
import { levelsAt } from './levels.ts';

const SLOT = 900_000;
const HOUR = 3_600_000;

/**
 * What came out of 30 days of each symbol when the rules were last looked at. Where a change of rules is meant, copy
 * what this test says it got into golden.json; where it is not, something broke.
 */
describe('30 real days', () => {
  for (const symbol of REAL_SYMBOLS) {
    it(`of ${symbol} give the known level sets`, { timeout: 60_000 }, async (context) => {
      const sets = await levelSets(context, symbol);
      for (const set of sets.slice(-96)) expect(LevelSet.decode(LevelSet.encode(set))).toEqual(set);
      expect(summarize(sets)).toEqual(golden[symbol]);
    });
  }
});

/** Counts for a person to read, and a hash of everything. Numbers to ten digits: sums may differ in their last. */
function summarize(sets: readonly LevelSet[]) {
  const levels = sets.flatMap((set) => set.levels);
  const count = (holds: (set: LevelSet) => boolean) => sets.filter(holds).length;
  const digits = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(10) : value;
  return {
    sets: sets.length,
    levels: levels.length,
    flipped: levels.filter((level) => level.flipped).length,
    supports: levels.filter((level) => level.role === 'SUPPORT').length,
    withLines: count((set) => set.trendlineHigh !== null || set.trendlineLow !== null),
    up: count((set) => set.trend === 'UP'),
    down: count((set) => set.trend === 'DOWN'),
    withBaseline: count((set) => set.atrBaseline !== null),
    sha256: createHash('sha256').update(JSON.stringify(sets, digits)).digest('hex'),
  };
}

async function levelSets(
  context: Pick<TestContext, 'skip'>,
  symbol: (typeof REAL_SYMBOLS)[number],
): Promise<LevelSet[]> {
  const slots = await readRealCandles(context, symbol, '15m');
  const hours = await readRealCandles(context, symbol, '1h');
  const closes = slots.map((bar) => bar.openTime + SLOT);
  const read = closes.map(
    (asOf, i) => levelsAt(slots.slice(Math.max(0, i - 119), i + 1), asOf, DEFAULT_PARAMS.levels)!,
  );
  const trends = hours.map(
    (bar, i) => trendAt(hours.slice(Math.max(0, i - 199), i + 1), bar.openTime + HOUR, DEFAULT_PARAMS.trend)!,
  );
  const trendOf = new Map(trends.map((trend) => [trend.asOf, trend]));
  const days = [...new Set(closes.map((asOf) => Math.floor((asOf - 1) / DAY_MS) * DAY_MS))];
  const seen = read.flatMap(({ asOf, atr, revision }) => (atr === null ? [] : [{ asOf, atr, revision }]));
  const atrDays: AtrDay[] = days.flatMap((day) => atrDayOf(seen, day) ?? []);
  const baselines = new Map(
    days.flatMap((day) => atrBaselinesOf(atrDays, day)).map((baseline) => [baseline.asOf, baseline]),
  );
  return read.map((levels) => {
    const { asOf } = levels;
    const trend = trendOf.get(Math.floor(asOf / HOUR) * HOUR);
    const baseline = baselines.get(asOf);
    const parts: LevelPart[] = [levels];
    if (trend !== undefined) parts.push({ ...trend, asOf });
    if (baseline !== undefined) parts.push(baseline);
    return levelSetOf(parts, DEFAULT_PARAMS.levels)!;
  });
}
