/** Level sets of a whole history without a graph: for each close the cores are asked with the candles before it. For tests. */

import type { Candle } from '../../schemas/candle.ts';
import type { LevelSet } from '../../schemas/level-set.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { DAY_MS } from '../../schemas/primitives.ts';
import { atrBaselinesOf, atrDayOf } from '../atr-baseline/atr-baseline.ts';
import { trendAt } from '../trend/trend.ts';
import { type LevelPart, levelSetOf } from './level-set.ts';
import { levelsAt } from './levels.ts';

const SLOT = 900_000;
const HOUR = 3_600_000;
const { levels: LEVELS, trend: TREND } = DEFAULT_PARAMS;

/** One set per 15m candle, oldest first; candles of one instrument, oldest first, one revision of each. */
export function modelLevelSets(slots: readonly Candle[], hours: readonly Candle[]): LevelSet[] {
  const read = slots.map(
    (bar, i) => levelsAt(slots.slice(Math.max(0, i - 119), i + 1), bar.openTime + SLOT, LEVELS)!,
  );
  const trends = new Map(
    hours.map((bar, i) => {
      const asOf = bar.openTime + HOUR;
      return [asOf, trendAt(hours.slice(Math.max(0, i - 199), i + 1), asOf, TREND)!];
    }),
  );
  const days = [...new Set(slots.map((bar) => Math.floor(bar.openTime / DAY_MS) * DAY_MS))];
  const seen = read.flatMap(({ asOf, atr, revision }) => (atr === null ? [] : [{ asOf, atr, revision }]));
  const known = days.flatMap((day) => atrDayOf(seen, day) ?? []);
  const baselines = new Map(
    days.flatMap((day) => atrBaselinesOf(known, day)).map((each) => [each.asOf, each]),
  );
  return read.map((levels) => {
    const { asOf } = levels;
    const trend = trends.get(Math.floor(asOf / HOUR) * HOUR);
    const baseline = baselines.get(asOf);
    const parts: LevelPart[] = [levels];
    if (trend !== undefined) parts.push({ ...trend, asOf });
    if (baseline !== undefined) parts.push(baseline);
    return levelSetOf(parts, LEVELS)!;
  });
}
