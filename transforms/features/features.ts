/** What a closed 1m bar shows against the bars before it: RSI, volume, book, divergence and the exhaustion checks. */
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { SignalParams } from '../../schemas/params.ts';
import { MINUTE_MS, pairOf } from '../../schemas/primitives.ts';
import { exhaustionChecks, isVoided } from '../exhaustion/exhaustion.ts';
import { bookBefore, bookNow } from '../exhaustion/order-book-flip.ts';
import { lastEma } from '../indicators/ema.ts';
import { lastRsi, rsi } from '../indicators/rsi.ts';
import { mean } from '../indicators/sma.ts';
import type { ClosedMinute } from '../market-data.ts';
import { LOOKBACK } from '../windows.ts';
import { divergenceOf } from './divergence.ts';
import { type Bar, bookSeconds, newestBars, newestMinutes } from './newest-minutes.ts';

/** Everything of a feature row that candles and book tell; levels and price check are joined later. */
export interface BarFeatures
  extends Omit<
    FeatureRow,
    | 'id'
    | 'levelsAsOf'
    | 'nearestSupport'
    | 'nearestResistance'
    | 'trend'
    | 'atr'
    | 'atrBaseline'
    | 'priceDeviation'
    | 'suppressions'
  > {
  readonly complete: boolean;
  /** Nobody traded at the shown price for longer than `staleAfterMs` when the bar closed. */
  readonly stale: boolean;
  /** Fewer than `warmupBars` bars were known. */
  readonly warmUp: boolean;
}

/** Bars of volume that EMA20 and the spike's mean are taken of. */
const VOLUME_BARS = 20;

/**
 * Features of the minute that ends at `windowEnd` (ms), from the LOOKBACK.features bars up to it; null where that
 * minute itself is unknown. Any order, copies and older revisions among the inputs change nothing.
 *
 * Filled bars count as bars: flat price, no volume. Minutes that nobody knows are skipped, not guessed.
 * Volume is compared with the 20 bars *before* the bar, so that a spike does not raise its own yardstick.
 * Every indicator is null until `warmupBars` bars are known.
 * `revision` counts the facts looked at: candle revisions, and book seconds of the two minutes whose book is read.
 * @param minutes The minute itself and the one before it, as far as known; others add their bars.
 * @param past Bars before it.
 */
export function barFeatures(
  minutes: Iterable<ClosedMinute>,
  past: readonly Bar[],
  windowEnd: number,
  params: SignalParams,
): BarFeatures | null {
  const whole = [...minutes];
  const { own: minute, previous } = lastTwo(whole, windowEnd);
  if (minute === undefined) return null;
  const known = newestBars([...past, ...whole.map((each) => each.candle)], windowEnd, LOOKBACK.features);
  const { candle } = minute;
  const warmUp = known.length < params.exhaustion.warmupBars;
  const indicators = warmUp ? NO_INDICATORS : indicatorsOf(known, params);
  const before = bookBefore(previous?.book ?? null, minute.book);
  const now = bookNow(minute.book);
  const inputs = {
    volume: candle.volume,
    volumeEma: indicators.volumeEma20,
    bars: known.slice(-3),
    rsi7: indicators.rsi7,
    bookBefore: before,
    bookNow: now,
  };
  return {
    venue: candle.venue,
    symbol: candle.symbol,
    pair: pairOf(candle.symbol),
    openTime: candle.openTime,
    closeTime: windowEnd,
    open: candle.open,
    high: candle.high,
    low: candle.low,
    close: candle.close,
    volume: candle.volume,
    ...indicators,
    bookImbalance60s: before?.imbalance ?? null,
    bookImbalance10s: now?.imbalance ?? null,
    checksLong: exhaustionChecks(inputs, 'LONG', params.exhaustion),
    checksShort: exhaustionChecks(inputs, 'SHORT', params.exhaustion),
    voided: isVoided(candle.volume, indicators.volumeEma20, params.exhaustion),
    coverage: candle.coverage,
    complete: candle.complete,
    stale: isStale(minute, windowEnd, params.market.staleAfterMs),
    warmUp,
    revision: revisionOf(known, bookSeconds(minute) + bookSeconds(previous)),
  };
}

/** The minute that ends at `windowEnd`, and the one before it. */
function lastTwo(minutes: Iterable<ClosedMinute>, windowEnd: number) {
  const byOpenTime = new Map(
    newestMinutes(minutes, windowEnd, 2).map((minute) => [minute.candle.openTime, minute]),
  );
  const at = (count: number) => byOpenTime.get(windowEnd - count * MINUTE_MS);
  return { own: at(1), previous: at(2) };
}

type Indicators = Pick<
  BarFeatures,
  'rsi7' | 'rsi14' | 'volumeEma20' | 'volumeRatio' | 'volumeSpike' | 'divergence'
>;

const NO_INDICATORS: Indicators = {
  rsi7: null,
  rsi14: null,
  volumeEma20: null,
  volumeRatio: null,
  volumeSpike: null,
  divergence: null,
};

function indicatorsOf(known: readonly Bar[], params: SignalParams): Indicators {
  const closes: number[] = [];
  const volumes: number[] = [];
  for (const { close, volume } of known) {
    closes.push(close);
    volumes.push(volume);
  }
  const last = closes.length - 1;
  const volume = volumes.pop()!;
  const hasMoved = closes.some((close) => close !== closes[0]);
  const rsi14 = strengths(closes, 14);
  const volumeEma20 = lastEma(volumes, VOLUME_BARS);
  // The divergence looks at no more bars than these.
  const from = Math.max(0, last - params.champion.divergenceBars);
  const bars = known.slice(from);
  return {
    rsi7: hasMoved ? lastRsi(closes, 7) : null,
    rsi14: orNull(rsi14[last]!),
    volumeEma20,
    volumeRatio: ratio(volume, volumeEma20),
    volumeSpike: ratio(volume, mean(volumes, last - VOLUME_BARS, last)),
    divergence: divergenceOf(bars, rsi14.slice(from), params.champion),
  };
}

/** RSI of each bar; NaN also until price first moves, where TA-Lib's 0 would pass for the extreme of weakness. */
function strengths(closes: readonly number[], period: number): number[] {
  const firstMove = closes.findIndex((close) => close !== closes[0]);
  return rsi(closes, period).fill(Number.NaN, 0, firstMove < 0 ? closes.length : firstMove);
}

/** A traded bar without the time of its last trade (a known candle) may have traded at its open only. */
function isStale(minute: ClosedMinute, closeTime: number, staleAfterMs: number): boolean {
  const { candle, lastTradeTs } = minute;
  const last = lastTradeTs ?? (candle.filled ? Number.NEGATIVE_INFINITY : candle.openTime);
  return closeTime - last > staleAfterMs;
}

function revisionOf(known: readonly Bar[], bookFacts: number): number {
  let facts = bookFacts;
  for (const { revision } of known) facts += revision;
  return facts;
}

function ratio(value: number, base: number | null): number | null {
  return base === null || base === 0 ? null : value / base;
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
