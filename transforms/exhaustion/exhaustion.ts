/** Exhaustion on a closed 1m bar: the signs that the side which made the move has run out. Each rule alone, then the count. */
import type { ExhaustionChecks } from '../../schemas/feature-row.ts';
import type { SignalParams } from '../../schemas/params.ts';
import type { PositionSide } from '../../schemas/primitives.ts';
import { above, atLeast, atMost, below } from '../thresholds/thresholds.ts';
import { type BookState, orderBookFlip } from './order-book-flip.ts';

type Params = SignalParams['exhaustion'];

/** Prices of a bar. Unit: quote per base. */
export interface PriceBar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** What the checks of one bar are read from. */
export interface ExhaustionInputs {
  readonly volume: number;
  /** EMA20 of volume before the bar; null in warm-up. */
  readonly volumeEma: number | null;
  /** Oldest first; the last three are looked at. */
  readonly bars: readonly PriceBar[];
  readonly rsi7: number | null;
  readonly bookBefore: BookState | null;
  readonly bookNow: BookState | null;
}

/** All four checks for the side that would be traded. What is unknown (null) holds nothing. */
export function exhaustionChecks(
  inputs: ExhaustionInputs,
  side: PositionSide,
  params: Params,
): ExhaustionChecks {
  return {
    volume_drop: volumeDrop(inputs.volume, inputs.volumeEma, params),
    double_wick: doubleWick(inputs.bars, side, params),
    rsi_extreme: rsiExtreme(inputs.rsi7, side, params),
    order_book_flip: orderBookFlip(inputs.bookBefore, inputs.bookNow, side, params),
  };
}

/** Volume strictly below `volumeDropBelow` × EMA. */
export function volumeDrop(volume: number, ema: number | null, params: Params): boolean {
  return ema !== null && below(volume, params.volumeDropBelow * ema);
}

/** Volume strictly above `voidAbove` × EMA: the move continues, no set-up against it holds. */
export function isVoided(volume: number, ema: number | null, params: Params): boolean {
  return ema !== null && above(volume, params.voidAbove * ema);
}

/**
 * Two of the last three bars reject the same extreme: lower wicks for LONG, upper wicks for SHORT, each at least
 * `wickShare` of its bar's range, with lows (highs) at most `wickExtremesWithin` of the higher one apart.
 * A bar without range rejects nothing.
 */
export function doubleWick(bars: readonly PriceBar[], side: PositionSide, params: Params): boolean {
  const extremes: number[] = [];
  for (let i = Math.max(0, bars.length - 3); i < bars.length; i++) {
    const bar = bars[i]!;
    if (rejects(bar, side, params.wickShare)) extremes.push(side === 'LONG' ? bar.low : bar.high);
  }
  return extremes.some((a, i) => extremes.some((b, j) => i < j && near(a, b, params.wickExtremesWithin)));
}

function rejects(bar: PriceBar, side: PositionSide, share: number): boolean {
  const range = bar.high - bar.low;
  const wick =
    side === 'LONG' ? Math.min(bar.open, bar.close) - bar.low : bar.high - Math.max(bar.open, bar.close);
  return range > 0 && atLeast(wick, share * range);
}

function near(a: number, b: number, share: number): boolean {
  return atMost(Math.abs(a - b), share * Math.max(a, b));
}

/** RSI-7 strictly below `rsiLow` for LONG, strictly above `rsiHigh` for SHORT. */
export function rsiExtreme(rsi7: number | null, side: PositionSide, params: Params): boolean {
  if (rsi7 === null) return false;
  return side === 'LONG' ? below(rsi7, params.rsiLow) : above(rsi7, params.rsiHigh);
}

/**
 * How many checks count. `order_book_flip` only confirms: alone it counts 0, beside n ≥ 1 checks of another kind
 * the whole counts n + 1. So any count ≥ 1 rests on volume, wick or RSI.
 */
export function countChecks(checks: ExhaustionChecks): number {
  const others = Number(checks.volume_drop) + Number(checks.double_wick) + Number(checks.rsi_extreme);
  return others === 0 ? 0 : others + Number(checks.order_book_flip);
}
