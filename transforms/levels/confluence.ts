/** What else stands at a price: 1h swings, round numbers. (Point of control and trend lines have their own files.) */
import type { Candle } from '../../schemas/candle.ts';
import { floorTo, HOUR_MS } from '../../schemas/primitives.ts';
import { pivotHighs, pivotLows } from '../indicators/pivots.ts';
import { atLeast, atMost } from '../thresholds/thresholds.ts';

/** Largest step between round numbers, as a share of price: tighter ones would stand near any price. */
const ROUND_STEP = 0.05;

/** Prices of pivot highs and lows of the hours that lie wholly in `[from, to)`, rolled up from shorter bars with trades. */
export function hourlySwings(bars: readonly Candle[], from: number, to: number, k: number): number[] {
  const highs: number[] = [];
  const lows: number[] = [];
  let hour = Number.NaN;
  for (const bar of bars) {
    const start = floorTo(bar.openTime, HOUR_MS);
    if (start < from || start + HOUR_MS > to) continue;
    if (start !== hour) {
      hour = start;
      highs.push(bar.high);
      lows.push(bar.low);
    } else {
      highs[highs.length - 1] = Math.max(highs.at(-1)!, bar.high);
      lows[lows.length - 1] = Math.min(lows.at(-1)!, bar.low);
    }
  }
  return [...pivotHighs(highs, k).map((i) => highs[i]!), ...pivotLows(lows, k).map((i) => lows[i]!)];
}

/** At most `share` of the level between price and level. */
export function isWithin(price: number, level: number, share: number): boolean {
  return atMost(Math.abs(price - level), share * level);
}

/** True near a multiple of the largest 1-2-5 × 10^n that is at most 5 % of the price: 5,000 at 105,000, 0.01 at 0.22. */
export function isRoundNumber(price: number, tolerance: number): boolean {
  const most = price * ROUND_STEP;
  // A power of ten that binary made a hair too small is still one.
  const decade = 10 ** Math.floor(Math.log10(most) + 1e-9);
  const step = decade * (atLeast(most, 5 * decade) ? 5 : atLeast(most, 2 * decade) ? 2 : 1);
  return isWithin(Math.round(price / step) * step, price, tolerance);
}
