/** Candles of the state store as bars of a chart, and what of them is missing or doubtful. */
import { type Candle, closeTime } from '../../../schemas/candle.ts';
import { INTERVAL_MS } from '../../../schemas/primitives.ts';
import { lastRsi } from '../../../transforms/indicators/rsi.ts';
import type { ChartBar } from './chart.ts';
import { type Frame, RSI_BARS } from './frame.ts';

const PERIOD = 7;

/**
 * Bars of the frame, oldest first; those before it only warm the RSI up.
 * @param candles Oldest first, one revision each.
 */
export function barsOf(candles: readonly Candle[], { from, dataTo }: Frame): ChartBar[] {
  const known = candles.filter((candle) => closeTime(candle) <= dataTo);
  const closes = known.map(({ close }) => close);
  return known.flatMap((candle, i) => (candle.openTime < from ? [] : [barOf(candle, rsiAt(closes, i))]));
}

/** Of the newest RSI_BARS closes up to it, as the strategies compute it; null until a price differs. */
function rsiAt(closes: readonly number[], i: number): number | null {
  const seen = closes.slice(Math.max(0, i + 1 - RSI_BARS), i + 1);
  return seen.some((close) => close !== seen[0]) ? lastRsi(seen, PERIOD) : null;
}

function barOf(candle: Candle, rsi: number | null): ChartBar {
  const { openTime, open, high, low, close, volume, filled, complete } = candle;
  return { openTime, open, high, low, close, volume, isFilled: filled, isComplete: complete, rsi };
}

/** `90 bars, complete`; `3 of 90 bars known, 1 incomplete`. */
export function completeness(bars: readonly ChartBar[], { from, dataTo, interval }: Frame): string {
  const places = Math.round((dataTo - from) / INTERVAL_MS[interval]);
  const incomplete = bars.filter((bar) => !bar.isComplete).length;
  const filled = bars.filter((bar) => bar.isFilled).length;
  return [
    bars.length < places ? `${bars.length} of ${places} bars known` : `${places} bars`,
    incomplete > 0 ? `${incomplete} incomplete` : bars.length === places ? 'complete' : null,
    filled > 0 ? `${filled} without trades` : null,
  ]
    .filter((part) => part !== null)
    .join(', ');
}
