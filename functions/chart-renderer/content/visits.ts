/** Where the shown bars came to a level. */
import type { LevelRole } from '../../../schemas/level-set.ts';
import { DEFAULT_PARAMS } from '../../../schemas/params.ts';
import { INTERVAL_MS, type Interval } from '../../../schemas/primitives.ts';
import { atMost } from '../../../transforms/thresholds/thresholds.ts';
import type { ChartBar } from './chart.ts';

const { touchTolerance, wickTolerance } = DEFAULT_PARAMS.levels;

/**
 * Open time of the bar that came nearest, of each visit: consecutive bars inside the band are one. The tolerances of
 * levels are made for 15m bars; those of shorter ones shrink as their ranges do, with the square root of time.
 */
export function visitsOf(
  bars: readonly ChartBar[],
  price: number,
  role: LevelRole,
  interval: Interval,
): number[] {
  const scale = price * Math.min(1, Math.sqrt(INTERVAL_MS[interval] / INTERVAL_MS['15m']));
  const distance = (bar: ChartBar) => Math.abs((role === 'RESISTANCE' ? bar.high : bar.low) - price);
  const nearest: ChartBar[] = [];
  let isInside = false;
  for (const bar of bars) {
    const beyond = role === 'RESISTANCE' ? bar.close - price : price - bar.close;
    const isNear = atMost(distance(bar), touchTolerance * scale) && atMost(beyond, wickTolerance * scale);
    const touches = isNear && !bar.isFilled;
    if (touches && !isInside) nearest.push(bar);
    else if (touches && distance(bar) < distance(nearest.at(-1)!)) nearest[nearest.length - 1] = bar;
    isInside = touches;
  }
  return nearest.map((bar) => bar.openTime);
}
