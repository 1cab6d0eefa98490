/**
 * Trend at one 1h close, read from the 200 candles before it.
 *
 * Swings are pivots of the 1h bars that had trades (filled ones are passed over), `pivotBars` proven on each side.
 * One least-squares line goes through the swing highs, one through the swing lows. For each lookback of 50, 100, 150
 * and 200 hours that the known candles span, the swings whose bars opened in it are fitted, x being the hours from asOf
 * to the bar's open. A fit counts with ≥ `minSwings` swings and R² ≥ `minR2`; of those that count the best R² wins,
 * between equals the longer lookback. The market trends where the lines that count all rise or all fall; else it ranges.
 */
import type { Candle } from '../../schemas/candle.ts';
import type { LevelSet, TrendLine } from '../../schemas/level-set.ts';
import type { SignalParams } from '../../schemas/params.ts';
import { HOUR_MS, type Venue } from '../../schemas/primitives.ts';
import type { Told } from '../as-of.ts';
import { linearRegression } from '../indicators/linear-regression.ts';
import { pivotHighs, pivotLows } from '../indicators/pivots.ts';
import { latestBars, revisionOf } from '../latest.ts';
import { above, below } from '../thresholds/thresholds.ts';
import { LOOKBACK } from '../windows.ts';

/** Longest first, so that it wins between equals. Unit: h. */
const LOOKBACKS = [LOOKBACK.trend, 150, 100, 50];

export type TrendParams = SignalParams['trend'];

/** Trend of one instrument, as known at `asOf` (ms). */
export interface TrendSet extends Told {
  readonly kind: 'trend';
  readonly venue: Venue;
  readonly symbol: string;
  readonly asOf: number;
  readonly trendlineHigh: TrendLine | null;
  readonly trendlineLow: TrendLine | null;
  readonly trend: LevelSet['trend'];
  readonly revision: number;
}

/** Null where the candle that closes at `asOf` is missing: then nobody watched the market, and nothing is known. */
export function trendAt(candles: Iterable<Candle>, asOf: number, params: TrendParams): TrendSet | null {
  const bars = latestBars(candles, asOf - LOOKBACK.trend * HOUR_MS, asOf);
  const last = bars.at(-1);
  if (last === undefined || last.openTime !== asOf - HOUR_MS) return null;
  const traded = bars.filter((bar) => !bar.filled);
  const highs = traded.map((bar) => bar.high);
  const lows = traded.map((bar) => bar.low);
  const hours = traded.map((bar) => (bar.openTime - asOf) / HOUR_MS);
  const known = (asOf - bars[0]!.openTime) / HOUR_MS;
  const line = (prices: number[], swings: number[]) =>
    bestLine(
      swings.map((i) => hours[i]!),
      swings.map((i) => prices[i]!),
      known,
      asOf,
      params,
    );
  const trendlineHigh = line(highs, pivotHighs(highs, params.pivotBars));
  const trendlineLow = line(lows, pivotLows(lows, params.pivotBars));
  return {
    kind: 'trend',
    venue: last.venue,
    symbol: last.symbol,
    asOf,
    trendlineHigh,
    trendlineLow,
    trend: directionOf([trendlineHigh, trendlineLow]),
    revision: revisionOf(bars),
  };
}

/** Price of a line at a time (ms). */
export function lineAt(line: TrendLine, time: number): number {
  return line.intercept + (line.slope * (time - line.anchor)) / HOUR_MS;
}

/** `hours` (negative, oldest first) and `prices` of swings; `known` hours of candles. */
function bestLine(
  hours: readonly number[],
  prices: readonly number[],
  known: number,
  anchor: number,
  params: TrendParams,
): TrendLine | null {
  let best: TrendLine | null = null;
  for (const lookback of LOOKBACKS) {
    if (lookback > known) continue;
    const first = hours.findIndex((hour) => hour >= -lookback);
    const swings = first < 0 ? 0 : hours.length - first;
    if (swings < params.minSwings) continue;
    const fit = linearRegression(hours.slice(first), prices.slice(first));
    if (fit === null || below(fit.r2, params.minR2) || (best !== null && !above(fit.r2, best.r2))) continue;
    best = { ...fit, anchor, swings, lookback };
  }
  return best;
}

function directionOf(lines: readonly (TrendLine | null)[]): LevelSet['trend'] {
  const slopes = lines.filter((line) => line !== null).map((line) => line.slope);
  if (slopes.length === 0) return 'RANGING';
  if (slopes.every((slope) => slope > 0)) return 'UP';
  return slopes.every((slope) => slope < 0) ? 'DOWN' : 'RANGING';
}
