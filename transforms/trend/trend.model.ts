/** Trend the slow way: sums of raw powers, every lookback worked out, the best picked at the end. For tests. */
import type { Candle } from '../../schemas/candle.ts';
import type { TrendLine } from '../../schemas/level-set.ts';
import { isPivotHigh, isPivotLow } from '../indicators/pivots.model.ts';
import type { TrendParams } from './trend.ts';

const HOUR = 3_600_000;

/** The line through swing highs, or lows; `candles` hold one revision of each bar. */
export function modelLine(
  candles: readonly Candle[],
  asOf: number,
  side: 'high' | 'low',
  params: TrendParams,
): TrendLine | null {
  const bars = candles
    .filter((bar) => bar.openTime >= asOf - 200 * HOUR && bar.openTime < asOf)
    .toSorted((a, b) => a.openTime - b.openTime);
  const traded = bars.filter((bar) => !bar.filled);
  const prices = traded.map((bar) => bar[side]);
  const isSwing = side === 'high' ? isPivotHigh : isPivotLow;
  const swings = traded.filter((_, i) => isSwing(prices, i, params.pivotBars));
  const lines = [50, 100, 150, 200]
    .filter((lookback) => bars[0] !== undefined && bars[0].openTime <= asOf - lookback * HOUR)
    .map((lookback) => {
      const points = swings.filter((bar) => bar.openTime >= asOf - lookback * HOUR);
      return { lookback, swings: points.length, ...fitted(points, side, asOf) };
    })
    .filter((line) => line.swings >= params.minSwings && line.r2 >= params.minR2);
  const best = Math.max(...lines.map((line) => line.r2));
  const winner = lines.findLast((line) => line.r2 >= best * (1 - 1e-9));
  return winner === undefined ? null : { ...winner, anchor: asOf };
}

/** Textbook sums; R² from what the line leaves unexplained. Prices less 100, lest the squares swallow their digits. */
function fitted(points: readonly Candle[], side: 'high' | 'low', asOf: number) {
  const x = points.map((bar) => (bar.openTime - asOf) / HOUR);
  const y = points.map((bar) => bar[side] - 100);
  const sum = (terms: number[]) => terms.reduce((total, term) => total + term, 0);
  const n = points.length;
  const xy = sum(x.map((xi, i) => xi * y[i]!));
  const xx = sum(x.map((xi) => xi * xi));
  const slope = (n * xy - sum(x) * sum(y)) / (n * xx - sum(x) ** 2);
  const intercept = (sum(y) - slope * sum(x)) / n;
  const unexplained = sum(y.map((yi, i) => (yi - intercept - slope * x[i]!) ** 2));
  const total = sum(y.map((yi) => (yi - sum(y) / n) ** 2));
  return { slope, intercept: intercept + 100, r2: total < 1e-9 ? 1 : 1 - unexplained / total };
}
