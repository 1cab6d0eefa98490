/** A minute becomes a candle; one without a trade takes its price from the newest trade before it. */
import type { Candle } from '../../schemas/candle.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { ClosedMinute, MinuteBar, TradedMinute, TradePoint } from '../market-data.ts';
import { newCandle, withRevision } from './new-candle.ts';
import { compareContent, filledRevision, knownFacts, knownRevision, tradedRevision } from './revision.ts';

/** When a price was traded that is only known to be older than the bar it comes from. */
const UNKNOWN_TS = -1;

/**
 * The candle of the window's last minute; null where nothing was heard of that minute, or no price is known.
 * @param bars Any revisions of any minutes; those outside the window are left out.
 * @param windowEnd Close of the minute. Unit: ms. @param lookback Minutes of the window, this one included.
 */
export function closeMinute(
  bars: Iterable<MinuteBar>,
  windowEnd: number,
  lookback: number,
): ClosedMinute | null {
  const minutes = bestByMinute(bars, windowEnd - lookback * MINUTE_MS, windowEnd);
  const own = minutes.at(-1);
  if (own?.openTime !== windowEnd - MINUTE_MS) return null;
  const candle = own.known ? closeKnown(own, own.known) : closeOwn(own, minutes);
  return candle && { candle, book: own.book, lastTradeTs: newestTradeTs(minutes), received: own.received };
}

/** One bar a minute in [from, to), oldest first: the one with the most evidence. */
function bestByMinute(bars: Iterable<MinuteBar>, from: number, to: number): MinuteBar[] {
  const best = new Map<number, MinuteBar>();
  for (const bar of bars) {
    if (bar.openTime < from || bar.openTime >= to) continue;
    const known = best.get(bar.openTime);
    if (!known || (bar.evidence - known.evidence || compareContent(bar, known)) > 0)
      best.set(bar.openTime, bar);
  }
  return [...best.values()].sort((a, b) => a.openTime - b.openTime);
}

/** A known bar stays as it is; where it takes the place of our own trades, it outranks what they told. */
function closeKnown({ traded, facts }: MinuteBar, known: Candle): Candle {
  const revision = knownRevision(known);
  return withRevision(known, traded ? Math.max(revision, tradedRevision(facts) + 1) : revision);
}

function closeOwn(own: MinuteBar, minutes: readonly MinuteBar[]): Candle | null {
  if (own.traded) return candleOf(own, own.traded, tradedRevision(own.facts));
  const last = newestPrice(minutes);
  if (!last) return null;
  const { price } = last;
  const silence = {
    open: price,
    high: price,
    low: price,
    close: price,
    volume: 0,
    turnover: 0,
    buyVolume: 0,
  };
  const facts = minutes.reduce((sum, minute) => sum + factsOf(minute), 0);
  return candleOf(own, { ...silence, trades: 0 }, filledRevision(facts));
}

function candleOf(bar: MinuteBar, numbers: Omit<TradedMinute, 'last'>, revision: number): Candle {
  const { open, high, low, close, volume, turnover, buyVolume, trades } = numbers;
  return newCandle({
    venue: bar.venue,
    symbol: bar.symbol,
    interval: '1m',
    openTime: bar.openTime,
    open,
    high,
    low,
    close,
    volume,
    turnover,
    buyVolume,
    trades,
    coverage: bar.healthySeconds / 60,
    filled: trades === 0,
    complete: bar.healthySeconds === 60,
    revision,
  });
}

function factsOf({ known, facts }: MinuteBar): number {
  return Math.max(facts, known ? knownFacts(known) : 0);
}

/** The newest trade that any minute had or was told of; of one that a known bar followed on, that bar's close. */
function newestPrice(minutes: readonly MinuteBar[]): TradePoint | null {
  let newest: TradePoint | null = null;
  for (const minute of minutes) {
    const { carried } = minute;
    const close = closeOf(minute);
    if (carried && (!newest || order(carried, newest) > 0)) newest = carried;
    if (close && (!newest || order(close, newest) >= 0)) newest = close;
  }
  return newest;
}

function order(a: TradePoint, b: TradePoint): number {
  return a.ts - b.ts || a.seq - b.seq;
}

/** Of a known bar alone we only know that its last trade came after its open, or, where it was filled, before. */
function closeOf({ traded, known, openTime }: MinuteBar): TradePoint | null {
  if (!known) return traded?.last ?? null;
  const point = traded?.last ?? { ts: known.filled ? UNKNOWN_TS : openTime, seq: 0 };
  return { ...point, price: known.close };
}

function newestTradeTs(minutes: readonly MinuteBar[]): number | null {
  const ts = newestPrice(minutes)?.ts ?? -1;
  return ts < 0 ? null : ts;
}
