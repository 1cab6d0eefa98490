/** RSI divergence: price goes to a new extreme, the strength of the move does not. */
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { SignalParams } from '../../schemas/params.ts';
import type { PriceBar } from '../exhaustion/exhaustion.ts';
import { above, below } from '../thresholds/thresholds.ts';

/**
 * Let p be the bar with the lowest low of the `divergenceBars` bars before the last (the latest of equals).
 * BULLISH: the last bar's low is strictly below p's, its RSI strictly above p's, and p's RSI strictly below `rsiLow`
 * (p has the lower RSI of the two, so this is where RSI was beyond its limit).
 * BEARISH mirrors it with highs and `rsiHigh`. A bar that is both, having engulfed the span, is neither.
 *
 * `rsi14[i]` belongs to `bars[i]`, NaN where it is unknown. Null where there are too few bars or RSIs to tell.
 */
export function divergenceOf(
  bars: readonly PriceBar[],
  rsi14: readonly number[],
  params: SignalParams['champion'],
): FeatureRow['divergence'] {
  const last = bars.length - 1;
  const from = last - params.divergenceBars;
  if (from < 0) return null;
  const bullish = isBullish(bars, rsi14, from, params.rsiLow);
  const bearish = isBearish(bars, rsi14, from, params.rsiHigh);
  if (bullish === bearish) return null;
  return bullish ? 'BULLISH' : 'BEARISH';
}

function isBullish(
  bars: readonly PriceBar[],
  rsi14: readonly number[],
  from: number,
  limit: number,
): boolean {
  const last = bars.length - 1;
  let p = from;
  for (let i = from + 1; i < last; i++) if (bars[i]!.low <= bars[p]!.low) p = i;
  return bars[last]!.low < bars[p]!.low && above(rsi14[last]!, rsi14[p]!) && below(rsi14[p]!, limit);
}

function isBearish(
  bars: readonly PriceBar[],
  rsi14: readonly number[],
  from: number,
  limit: number,
): boolean {
  const last = bars.length - 1;
  let p = from;
  for (let i = from + 1; i < last; i++) if (bars[i]!.high >= bars[p]!.high) p = i;
  return bars[last]!.high > bars[p]!.high && below(rsi14[last]!, rsi14[p]!) && above(rsi14[p]!, limit);
}
