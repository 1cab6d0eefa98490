/**
 * Candlestick patterns that turn a move: hammer, shooting star, engulfing bars.
 *
 * They are our own, because those of `technicalindicators` 3.1.0 are not the patterns they are named after (see
 * library.test.ts): its hammer asks for a body of at most twice the wick instead of a wick of at least twice the body,
 * takes inverted hammers for hammers, and measures "no other wick" as 0.1 % of price, which on 5m bars is anything;
 * its engulfing body must open beyond the close before, which never happens where each bar opens at that close.
 */
import type { MacroParams } from '../../schemas/macro-params.ts';
import type { PositionSide } from '../../schemas/primitives.ts';
import { lastAtr } from '../../transforms/indicators/atr.ts';
import { above, atLeast, atMost } from '../../transforms/thresholds/thresholds.ts';

export interface Ohlc {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export interface Pattern {
  readonly name: 'hammer' | 'shooting star' | 'bullish engulfing' | 'bearish engulfing';
  readonly side: PositionSide;
}

type Params = MacroParams['patterns'];
const ATR_BARS = 14;

/**
 * The pattern that the last bar completes; null where it completes none or too few bars are known to tell.
 * A bullish one needs closes that fell over the `trendBars` bars before it, a bearish one closes that rose; its bar's
 * range is at least `minRange` × the ATR-14 before it.
 * @param bars Oldest first, in a row.
 */
export function patternOf(bars: readonly Ohlc[], params: Params): Pattern | null {
  const last = bars.at(-1);
  const before = bars.slice(0, -1);
  const previous = before.at(-1);
  const start = before.at(-1 - params.trendBars);
  const atr = lastAtr(before, ATR_BARS);
  if (!last || !previous || !start || atr === null) return null;
  if (!above(last.high, last.low) || !atLeast(last.high - last.low, params.minRange * atr)) return null;
  if (previous.close < start.close) return bullish(previous, last, params);
  if (previous.close > start.close) return bearish(previous, last, params);
  return null;
}

function bullish(previous: Ohlc, last: Ohlc, params: Params): Pattern | null {
  if (engulfs(last, previous) && last.close > last.open) return { name: 'bullish engulfing', side: 'LONG' };
  return isHammer(last, params) ? { name: 'hammer', side: 'LONG' } : null;
}

function bearish(previous: Ohlc, last: Ohlc, params: Params): Pattern | null {
  if (engulfs(last, previous) && last.close < last.open) return { name: 'bearish engulfing', side: 'SHORT' };
  return isHammer(upsideDown(last), params) ? { name: 'shooting star', side: 'SHORT' } : null;
}

/**
 * The body covers the one before it, of the other colour, and is longer: as TA-Lib's CDLENGULFING, so that one end may
 * be the same.
 */
function engulfs(bar: Ohlc, previous: Ohlc): boolean {
  const covers =
    Math.max(bar.open, bar.close) >= Math.max(previous.open, previous.close) &&
    Math.min(bar.open, bar.close) <= Math.min(previous.open, previous.close);
  const isOpposite = (bar.close - bar.open) * (previous.close - previous.open) < 0;
  return covers && isOpposite && bodyOf(bar) > bodyOf(previous);
}

/** Of either colour. */
function isHammer(bar: Ohlc, params: Params): boolean {
  const lower = Math.min(bar.open, bar.close) - bar.low;
  const upper = bar.high - Math.max(bar.open, bar.close);
  return (
    atLeast(lower, params.wickToBody * bodyOf(bar)) && atMost(upper, params.otherWick * (bar.high - bar.low))
  );
}

function bodyOf(bar: Ohlc): number {
  return Math.abs(bar.close - bar.open);
}

function upsideDown({ open, high, low, close }: Ohlc): Ohlc {
  return { open: -open, high: -low, low: -high, close: -close };
}
