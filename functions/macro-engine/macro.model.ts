/**
 * The MACRO rules once more, as the naive reading of their words: every number from its definition, every slot from
 * the whole list of candles, and the bias as a machine that walks from slot to slot. Slow; serves tests alone.
 */
import type { Candle } from '../../schemas/candle.ts';
import type { MacroParams } from '../../schemas/macro-params.ts';
import type { PositionSide } from '../../schemas/primitives.ts';

const MINUTES = { '5m': 5, '15m': 15, '1h': 60, '4h': 240 } as const;
type Timeframe = keyof typeof MINUTES;
/** Binary fractions must not decide what decimals do. */
const EPS = 1e-9;

export interface ModelState {
  readonly slot: number;
  readonly long: number;
  readonly short: number;
  readonly bias: PositionSide | null;
  readonly engagedLast: number | null;
  readonly swing: { readonly side: PositionSide; readonly entry: number; readonly distance: number } | null;
}

/** One state a slot, from the first on, where nothing is engaged. */
export function macroModel(
  candles: readonly Candle[],
  slots: readonly number[],
  p: MacroParams,
): ModelState[] {
  const newestFirst = candles.toSorted((a, b) => b.openTime - a.openTime || b.revision - a.revision);
  const byInterval = Map.groupBy(newestFirst, ({ interval }) => interval);
  const states: ModelState[] = [];
  for (const slot of slots) states.push(next(states.at(-1), slot, byInterval, p));
  return states;
}

function next(
  before: ModelState | undefined,
  slot: number,
  candles: ReadonlyMap<string, readonly Candle[]>,
  p: MacroParams,
): ModelState {
  const all = (Object.keys(MINUTES) as Timeframe[]).map((timeframe) => ({
    timeframe,
    bars: known(candles.get(timeframe) ?? [], timeframe, slot, p),
  }));
  const score = (side: PositionSide) => {
    let sum = 0;
    for (const { timeframe, bars } of all) {
      if (bars.length < p.indicators.minBars) continue;
      const votes = votesOf(bars, p);
      for (const kind of Object.keys(votes) as (keyof typeof votes)[]) {
        if (votes[kind] === side) sum += p.timeframes[timeframe] * p.evidence[kind];
      }
    }
    return Math.round(sum) / 100;
  };
  const [long, short] = [score('LONG'), score('SHORT')];
  const of = (side: PositionSide) => (side === 'LONG' ? long : short);
  let bias = before?.bias ?? null;
  let engagedLast = before?.engagedLast ?? null;
  if (bias !== null && (of(bias) < p.bias.liftBelow || slot - engagedLast! >= p.bias.expiresAfterMs))
    bias = null;
  for (const side of ['LONG', 'SHORT'] as const) {
    if (of(side) < p.bias.engageAt) continue;
    bias = side;
    engagedLast = slot;
  }
  if (bias === null) engagedLast = null;
  const isNew = bias !== null && bias !== (before?.bias ?? null);
  return { slot, long, short, bias, engagedLast, swing: isNew ? swing(bias!, all, p) : null };
}

function swing(
  side: PositionSide,
  all: { timeframe: Timeframe; bars: Candle[] }[],
  p: MacroParams,
): ModelState['swing'] {
  const bars = (timeframe: Timeframe) => all.find((one) => one.timeframe === timeframe)!.bars;
  const price = bars('5m').at(-1) ?? bars('15m').at(-1);
  if (!price || bars('4h').length < 15) return null;
  const share = (p.swing.takeProfitAtr * atr(bars('4h'))) / price.close;
  const distance = Math.max(p.swing.takeProfitMin, Math.min(p.swing.takeProfitMax, share));
  return { side, entry: price.close, distance };
}

/** Newest bars closed by the slot, without a hole, oldest first; of the timeframe’s candles, newest first. */
function known(candles: readonly Candle[], timeframe: Timeframe, slot: number, p: MacroParams): Candle[] {
  const length = MINUTES[timeframe] * 60_000;
  const bars: Candle[] = [];
  let wanted = slot - (slot % length) - length;
  for (const candle of candles) {
    if (candle.openTime > wanted) continue;
    if (candle.openTime < wanted || !candle.complete || bars.length === p.indicators.bars) break;
    bars.unshift(candle);
    wanted -= length;
  }
  return bars;
}

type Votes = Record<keyof MacroParams['evidence'], PositionSide | null>;

function votesOf(bars: readonly Candle[], p: MacroParams): Votes {
  const closes = bars.map((bar) => bar.close);
  const last = bars.at(-1)!;
  const ema20 = ema(closes, 20);
  const ema50 = ema(closes, 50);
  const k = p.indicators.slopeBars;
  const slope = (ema20.at(-1)! / ema20[ema20.length - 1 - k]! - 1) / k;
  const usual = ema(
    bars.slice(0, -1).map((bar) => bar.volume),
    20,
  ).at(-1)!;
  const isSpike = usual > 0 && last.volume >= p.indicators.volumeSpike * usual * (1 - EPS);
  const strength = rsi(closes);
  const isFlat = new Set(closes).size === 1;
  return {
    cross: sign(ema20.at(-1)! - ema50.at(-1)!, EPS * ema50.at(-1)!),
    slope: Math.abs(slope) >= p.indicators.minSlope * (1 - EPS) ? sign(slope, 0) : null,
    rsi: isFlat
      ? null
      : sign(strength - (strength > 50 ? p.indicators.rsiLong : p.indicators.rsiShort), 0, strength),
    volume: isSpike ? sign(last.close - last.open, 0) : null,
    pattern: pattern(bars, p.patterns),
  };
}

/** Of a difference beyond a tolerance. With an RSI: only a difference away from 50 counts, or none at all. */
function sign(difference: number, tolerance: number, strength?: number): PositionSide | null {
  if (strength !== undefined) {
    if (strength > 50) return difference >= -1e-7 ? 'LONG' : null;
    return difference <= 1e-7 ? 'SHORT' : null;
  }
  if (difference > tolerance) return 'LONG';
  return difference < -tolerance ? 'SHORT' : null;
}

/** Mean of the first `n`, then each value pulls by 2 / (n + 1). */
function ema(values: readonly number[], n: number): number[] {
  const out = [values.slice(0, n).reduce((a, b) => a + b) / n];
  const a = 2 / (n + 1);
  for (const value of values.slice(n)) out.push(a * value + (1 - a) * out.at(-1)!);
  return out;
}

function wilder(values: readonly number[], n: number): number {
  let average = values.slice(0, n).reduce((a, b) => a + b) / n;
  for (const value of values.slice(n)) average = (average * (n - 1) + value) / n;
  return average;
}

function rsi(closes: readonly number[]): number {
  const moves = closes.slice(1).map((close, i) => close - closes[i]!);
  const up = wilder(
    moves.map((move) => Math.max(move, 0)),
    14,
  );
  const down = wilder(
    moves.map((move) => Math.max(-move, 0)),
    14,
  );
  return up + down === 0 ? 50 : (100 * up) / (up + down);
}

function atr(bars: readonly Candle[]): number {
  const ranges = bars.slice(1).map((bar, i) => {
    const close = bars[i]!.close;
    return Math.max(bar.high - bar.low, Math.abs(bar.high - close), Math.abs(bar.low - close));
  });
  return wilder(ranges, 14);
}

function pattern(bars: readonly Candle[], p: MacroParams['patterns']): PositionSide | null {
  const bar = bars.at(-1)!;
  const prior = bars.at(-2)!;
  const range = bar.high - bar.low;
  if (range <= 0 || range < p.minRange * atr(bars.slice(0, -1)) * (1 - EPS)) return null;
  const move = prior.close - bars.at(-2 - p.trendBars)!.close;
  const body = Math.abs(bar.close - bar.open);
  const [top, bottom] = [Math.max(bar.open, bar.close), Math.min(bar.open, bar.close)];
  const [upper, lower] = [bar.high - top, bottom - bar.low];
  const isLong = (wick: number) => wick >= p.wickToBody * body * (1 - EPS);
  const isShort = (wick: number) => wick <= p.otherWick * range * (1 + EPS);
  const white = bar.close > bar.open && prior.close < prior.open;
  const black = bar.close < bar.open && prior.close > prior.open;
  // One end may be the same, not both.
  const covers =
    bottom <= Math.min(prior.open, prior.close) &&
    top >= Math.max(prior.open, prior.close) &&
    !(bar.open === prior.close && bar.close === prior.open);
  if (move < 0 && ((white && covers) || (isLong(lower) && isShort(upper)))) return 'LONG';
  if (move > 0 && ((black && covers) || (isLong(upper) && isShort(lower)))) return 'SHORT';
  return null;
}
