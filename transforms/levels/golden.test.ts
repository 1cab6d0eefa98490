import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LevelSet } from '../../schemas/level-set.ts';
import { REAL_SYMBOLS, readRealCandles } from '../real-candles.fixture.ts';
import golden from './golden.json' with { type: 'json' };
import { modelLevelSets } from './level-sets.model.ts';

/**
 * What came out of 30 days of each symbol when the rules were last looked at. Where a change of rules is meant, copy
 * what this test says it got into golden.json; where it is not, something broke.
 */
describe('30 real days', () => {
  for (const symbol of REAL_SYMBOLS) {
    it(`of ${symbol} give the known level sets`, { timeout: 60_000 }, async (context) => {
      const slots = await readRealCandles(context, symbol, '15m');
      const sets = modelLevelSets(slots, await readRealCandles(context, symbol, '1h'));
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
