/** What the newest bars of one timeframe say for LONG or SHORT: pieces of evidence, not yet weighed. */
import { ema } from 'technicalindicators';
import type { MacroParams } from '../../schemas/macro-params.ts';
import type { PositionSide } from '../../schemas/primitives.ts';
import { lastRsi } from '../../transforms/indicators/rsi.ts';
import { above, atLeast, atMost } from '../../transforms/thresholds/thresholds.ts';
import { type Ohlc, patternOf } from './patterns.ts';

export interface MacroBar extends Ohlc {
  readonly volume: number;
}

export interface Evidence {
  readonly kind: keyof MacroParams['evidence'];
  readonly side: PositionSide;
  /** For people, with the numbers. */
  readonly text: string;
}

const FAST = 20;
const SLOW = 50;
const RSI_BARS = 14;
const VOLUME_BARS = 20;

/**
 * At most one piece of each kind, in the order of the parameters. EMAs are of the library, held to TA-Lib's values.
 * RSI is our own: the library rounds it to two decimals, so that it may fall on the other side of a limit, and calls
 * a market that does not move at all 100, the strongest rise there is.
 * @param bars Oldest first, in a row, at least 54.
 */
export function evidenceOf(bars: readonly MacroBar[], params: MacroParams): Evidence[] {
  const closes = bars.map(({ close }) => close);
  const fast = ema({ values: closes, period: FAST });
  const found = [
    crossOf(fast.at(-1)!, ema({ values: closes, period: SLOW }).at(-1)!),
    slopeOf(fast, params.indicators),
    strengthOf(closes, params.indicators),
    volumeOf(bars, params.indicators),
    turnOf(bars, params.patterns),
  ];
  return found.filter((piece) => piece !== null);
}

function crossOf(fast: number, slow: number): Evidence | null {
  const text = (word: string) => `EMA20 ${percent(Math.abs(fast / slow - 1))} ${word} EMA50`;
  if (above(fast, slow)) return { kind: 'cross', side: 'LONG', text: text('above') };
  if (above(slow, fast)) return { kind: 'cross', side: 'SHORT', text: text('below') };
  return null;
}

function slopeOf(fast: readonly number[], params: MacroParams['indicators']): Evidence | null {
  const before = fast.at(-1 - params.slopeBars)!;
  const slope = (fast.at(-1)! / before - 1) / params.slopeBars;
  // Where parameters ask for no least slope, one of 0 is still none.
  if (slope === 0 || !atLeast(Math.abs(slope), params.minSlope)) return null;
  const word = slope > 0 ? 'rises' : 'falls';
  const text = `EMA20 ${word} ${percent(Math.abs(slope))} a bar`;
  return { kind: 'slope', side: slope > 0 ? 'LONG' : 'SHORT', text };
}

function strengthOf(closes: readonly number[], params: MacroParams['indicators']): Evidence | null {
  const rsi = lastRsi(closes, RSI_BARS);
  // Of closes that are all the same it is 0 by convention, which says nothing.
  if (rsi === null || closes.every((close) => close === closes[0])) return null;
  const text = `RSI-14 ${rsi.toFixed(1)}`;
  if (atLeast(rsi, params.rsiLong)) return { kind: 'rsi', side: 'LONG', text };
  if (atMost(rsi, params.rsiShort)) return { kind: 'rsi', side: 'SHORT', text };
  return null;
}

function volumeOf(bars: readonly MacroBar[], params: MacroParams['indicators']): Evidence | null {
  const { open, close, volume } = bars.at(-1)!;
  const volumes = bars.slice(0, -1).map((bar) => bar.volume);
  const average = ema({ values: volumes, period: VOLUME_BARS }).at(-1)!;
  if (open === close || average <= 0 || !atLeast(volume, params.volumeSpike * average)) return null;
  const isUp = close > open;
  const text = `volume ${(volume / average).toFixed(1)} × EMA20 on a ${isUp ? 'rising' : 'falling'} bar`;
  return { kind: 'volume', side: isUp ? 'LONG' : 'SHORT', text };
}

function turnOf(bars: readonly MacroBar[], params: MacroParams['patterns']): Evidence | null {
  const pattern = patternOf(bars, params);
  return pattern && { kind: 'pattern', side: pattern.side, text: pattern.name };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(3)} %`;
}
