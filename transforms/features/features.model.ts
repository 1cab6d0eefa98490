/** Oracle of bar features: every number from its definition, each bar looked up in the history, nothing carried along. */
import type { ExhaustionChecks } from '../../schemas/feature-row.ts';
import type { SignalParams } from '../../schemas/params.ts';
import type { BookSlot, ClosedMinute } from '../market-data.ts';
import type { BarFeatures } from './features.ts';

const MINUTE = 60_000;
/** Prices of the random markets are multiples of 0.01. */
const ticksOf = (price: number) => Math.round(price * 100);

/** What the features of the bar closing at `close` should be, but for identity and prices. `lookback` in minutes. */
export function modelFeatures(
  history: readonly ClosedMinute[],
  close: number,
  params: SignalParams,
  lookback = 180,
): Partial<BarFeatures> | null {
  const at = (openTime: number) =>
    history
      .filter((m) => m.candle.openTime === openTime)
      .sort((a, b) => b.candle.revision - a.candle.revision)[0];
  const known = Array.from({ length: lookback }, (_, i) => at(close - (lookback - i) * MINUTE)).filter(
    (m) => m !== undefined,
  );
  const last = at(close - MINUTE);
  if (last === undefined) return null;
  const bars = known.map((m) => m.candle);
  const warm = bars.length >= params.exhaustion.warmupBars;
  const closes = bars.map((b) => b.close);
  const before = bars.slice(0, -1).map((b) => b.volume);
  const volumeEma20 = warm ? emaOf(before, 20) : null;
  const spikeBase = before.slice(-20).reduce((a, b) => a + b, 0) / 20;
  const rsi7 = warm ? rsiOf(closes, 7) : null;
  const spans = [at(close - 2 * MINUTE)?.book?.slots[5], ...(last.book?.slots ?? [])];
  const six = Array.from({ length: 6 }, (_, i) => spans[i] ?? null);
  const was = six.includes(null) ? null : weigh(six as BookSlot[]);
  const is = last.book?.slots[5] ?? null;
  const checks = (side: 1 | -1): ExhaustionChecks => ({
    volume_drop: volumeEma20 !== null && last.candle.volume < params.exhaustion.volumeDropBelow * volumeEma20,
    double_wick: wicks(bars.slice(-3), side),
    rsi_extreme:
      rsi7 !== null && (side === 1 ? rsi7 < params.exhaustion.rsiLow : rsi7 > params.exhaustion.rsiHigh),
    order_book_flip: was !== null && is !== null && flips(was, is, side, params.exhaustion),
  });
  return {
    openTime: close - MINUTE,
    closeTime: close,
    rsi7,
    rsi14: warm ? rsiOf(closes, 14) : null,
    volumeEma20,
    volumeRatio: volumeEma20 === null || volumeEma20 === 0 ? null : last.candle.volume / volumeEma20,
    volumeSpike: !warm || spikeBase === 0 ? null : last.candle.volume / spikeBase,
    bookImbalance60s: was?.imbalance ?? null,
    bookImbalance10s: is?.imbalance ?? null,
    divergence: warm ? diverges(bars, params.champion) : null,
    checksLong: checks(1),
    checksShort: checks(-1),
    voided: volumeEma20 !== null && last.candle.volume > params.exhaustion.voidAbove * volumeEma20,
    complete: last.candle.complete,
    warmUp: !warm,
  };
}

/** Wilder's average after the last of n moves, written out: weights (1/p)·((p−1)/p)^age over a seed of the first p. */
function wilder(moves: readonly number[], p: number): number {
  const keep = (p - 1) / p;
  const seed = moves.slice(0, p).reduce((a, b) => a + b, 0) / p;
  const later = moves.slice(p).map((x, i, all) => (x / p) * keep ** (all.length - 1 - i));
  return later.reduce((a, b) => a + b, seed * keep ** (moves.length - p));
}

function rsiOf(closes: readonly number[], p: number): number | null {
  if (closes.length <= p || new Set(closes).size === 1) return null;
  const moves = closes.slice(1).map((c, i) => c - closes[i]!);
  const gain = wilder(
    moves.map((m) => Math.max(m, 0)),
    p,
  );
  const loss = wilder(
    moves.map((m) => (m < 0 ? -m : 0)),
    p,
  );
  return 100 - 100 / (1 + gain / loss);
}

function emaOf(values: readonly number[], p: number): number {
  const keep = (p - 1) / (p + 1);
  const seed = values.slice(0, p).reduce((a, b) => a + b, 0) / p;
  const later = values.slice(p).map((x, i, all) => x * (1 - keep) * keep ** (all.length - 1 - i));
  return later.reduce((a, b) => a + b, seed * keep ** (values.length - p));
}

type Bars = readonly ClosedMinute['candle'][];

function wicks(three: Bars, side: 1 | -1): boolean {
  const rejected = three
    .map((b) => [b.open, b.high, b.low, b.close].map(ticksOf) as [number, number, number, number])
    .filter(
      ([o, h, l, c]) => h > l && 10 * (side === 1 ? Math.min(o, c) - l : h - Math.max(o, c)) >= 6 * (h - l),
    )
    .map(([, h, l]) => (side === 1 ? l : h));
  const pairs = rejected.flatMap((a, i) => rejected.slice(i + 1).map((b) => [a, b] as const));
  return pairs.some(([a, b]) => 2_000 * Math.abs(a - b) <= Math.max(a, b));
}

function weigh(slots: readonly BookSlot[]): BookSlot {
  const seconds = slots.flatMap((s) => Array.from({ length: s.seconds }, () => s));
  const mean = (f: (s: BookSlot) => number) => seconds.reduce((a, s) => a + f(s), 0) / seconds.length;
  return {
    seconds: seconds.length,
    imbalance: mean((s) => s.imbalance),
    bidDepth: mean((s) => s.bidDepth),
    askDepth: mean((s) => s.askDepth),
  };
}

function flips(was: BookSlot, is: BookSlot, side: 1 | -1, params: SignalParams['exhaustion']): boolean {
  const left = side === 1 ? was.askDepth - is.askDepth : was.bidDepth - is.bidDepth;
  const joined = side === 1 ? is.bidDepth - was.bidDepth : is.askDepth - was.askDepth;
  const quarter = params.bookDepthShift * (side === 1 ? was.askDepth : was.bidDepth);
  const turned = was.imbalance * side <= -params.bookTheta && is.imbalance * side >= params.bookTheta;
  return turned && quarter > 0 && Math.max(left, joined) >= quarter;
}

function diverges(bars: Bars, params: SignalParams['champion']): BarFeatures['divergence'] {
  const rsiAt = (bar: Bars[number]) =>
    rsiOf(
      bars.slice(0, bars.indexOf(bar) + 1).map((b) => b.close),
      14,
    );
  const last = bars.at(-1)!;
  const span = bars.slice(-params.divergenceBars - 1, -1);
  if (span.length < params.divergenceBars) return null;
  const lowest = span.toSorted((a, b) => a.low - b.low || b.openTime - a.openTime)[0]!;
  const highest = span.toSorted((a, b) => b.high - a.high || b.openTime - a.openTime)[0]!;
  const [now, low, high] = [rsiAt(last), rsiAt(lowest), rsiAt(highest)];
  const hair = 1e-7;
  const up = last.low < lowest.low && now !== null && low !== null && now > low + hair && low < params.rsiLow;
  const down =
    last.high > highest.high && now !== null && high !== null && now < high - hair && high > params.rsiHigh;
  if (up && down) return null;
  return up ? 'BULLISH' : down ? 'BEARISH' : null;
}
