/** Kraken's running minutes: it never says that one is over, so what it says next must tell. */
import type { z } from 'zod';
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import type { ControlEvent, KlineEvent } from '../market-event.ts';
import type { OhlcFrame } from './wire.ts';

type Ohlc = z.output<typeof OhlcFrame>;

/** Trades of a minute's last moments are told after its end: until then its bar may still change. Unit: ms. */
const SETTLED_MS = 5_000;
/** Pairs whose newest bar is remembered: more than a connection carries. */
const MAX_BARS = 1_000;

/**
 * Reads the bars of one connection in their order. A bar is closed once a later one of its pair has come, which tells
 * it once more, or once the exchange's clock is well beyond its end.
 */
export class KlineReader {
  readonly #newest = new Map<string, KlineEvent>();

  read({ timestamp, data }: Ohlc): (KlineEvent | ControlEvent)[] {
    const events: (KlineEvent | ControlEvent)[] = [];
    for (const item of data.toSorted((a, b) => a.interval_begin - b.interval_begin)) {
      if (item.interval === 1) events.push(...this.#bar(item, timestamp));
      else events.push({ kind: 'unknown', what: `ohlc of interval ${item.interval}` });
    }
    return events;
  }

  #bar(item: Ohlc['data'][number], ts: number): KlineEvent[] {
    const before = this.#newest.get(item.symbol);
    const openTime = item.interval_begin;
    const isPast = before !== undefined && openTime < before.openTime;
    const bar = klineEvent(item, ts, isPast || ts >= openTime + MINUTE_MS + SETTLED_MS);
    if (isPast) return [bar];
    this.#remember(bar);
    const isNext = before !== undefined && openTime > before.openTime && !before.isClosed;
    return isNext ? [{ ...before, ts, isClosed: true }, bar] : [bar];
  }

  #remember(bar: KlineEvent): void {
    this.#newest.set(bar.symbol, bar);
    if (this.#newest.size <= MAX_BARS) return;
    const [oldest] = this.#newest.keys();
    this.#newest.delete(oldest!);
  }
}

/** The turnover is not told: `vwap` is rounded to the tick. */
function klineEvent(item: Ohlc['data'][number], ts: number, isClosed: boolean): KlineEvent {
  const { symbol, open, high, low, close, volume, trades, interval_begin: openTime } = item;
  return {
    kind: 'kline',
    symbol,
    ts,
    openTime,
    open,
    high,
    low,
    close,
    volume,
    turnover: null,
    trades,
    isClosed,
  };
}
