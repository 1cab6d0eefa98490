/** Levels of bars that are known, as the graph reads them: until it tells its own, which it does at the next 15m close. Pure. */
import type { Candle } from '../../schemas/candle.ts';
import type { LevelSet } from '../../schemas/level-set.ts';
import type { SignalParams } from '../../schemas/params.ts';
import { floorTo, HOUR_MS } from '../../schemas/primitives.ts';
import { levelSetOf } from '../../transforms/levels/level-set.ts';
import { levelsAt } from '../../transforms/levels/levels.ts';
import { trendAt } from '../../transforms/trend/trend.ts';

export type LevelsParams = Pick<SignalParams, 'levels' | 'trend'>;

/**
 * Null where the bar that closed last is not known. What is usual of its volatility takes weeks to know, and stays unknown.
 * @param asOf A 15m close, ms.
 */
export function levelsNow(
  m15: readonly Candle[],
  h1: readonly Candle[],
  asOf: number,
  params: LevelsParams,
): LevelSet | null {
  const levels = levelsAt(m15, asOf, params.levels);
  const trend = trendAt(h1, floorTo(asOf, HOUR_MS), params.trend);
  if (levels === null) return null;
  return levelSetOf(trend === null ? [levels] : [levels, { ...trend, asOf }], params.levels);
}
