/** The candle steps one after another without an engine, for tests. */
import type { Candle } from '../../schemas/candle.ts';
import { INTERVAL_MS, INTERVALS, MINUTE_MS } from '../../schemas/primitives.ts';
import { encodeTradeBatch, type TradeRow } from '../../schemas/trade-batch.ts';
import { decodeTradeMessage, type StampedPart } from '../decode/decode.ts';
import type { ClosedMinute, MinuteBar, MinutePart } from '../market-data.ts';
import { closeMinute } from './fill.ts';
import { foldMinute } from './minute.ts';
import { rollUp } from './roll-up.ts';

export const T0 = Date.UTC(2024, 0, 1);
export const VENUE = 'bybit';
export const SYMBOL = 'BTCUSDT';
const KEY = `${VENUE}:${SYMBOL}`;

export function batchOf(
  trades: readonly TradeRow[],
  claim: { fromMs: number; toMs: number } | null = null,
): Uint8Array {
  return encodeTradeBatch({ venue: VENUE, symbol: SYMBOL, claim, last: null, trades });
}

export function partsOf(...batches: readonly Uint8Array[]): StampedPart[] {
  return batches.flatMap((batch) => decodeTradeMessage(batch).parts);
}

export function minuteBars(parts: readonly StampedPart[]): MinuteBar[] {
  const byMinute = new Map<number, MinutePart[]>();
  for (const { ts, value } of parts) {
    const openTime = ts - (ts % MINUTE_MS);
    byMinute.set(openTime, [...(byMinute.get(openTime) ?? []), value]);
  }
  return [...byMinute]
    .sort(([a], [b]) => a - b)
    .map(([openTime, values]) => foldMinute(KEY, openTime, values));
}

export function closeAll(bars: readonly MinuteBar[], lookback: number): ClosedMinute[] {
  return bars.flatMap(({ openTime }, at) => {
    const near = bars.slice(Math.max(0, at - lookback), at + 1);
    return closeMinute(near, openTime + MINUTE_MS, lookback) ?? [];
  });
}

/** By interval, then open time. */
export function candlesOf(parts: readonly StampedPart[], lookback = 12): Candle[] {
  let candles = closeAll(minuteBars(parts), lookback).map(({ candle }) => candle);
  const all = [...candles];
  for (const interval of INTERVALS.slice(1)) {
    const length = INTERVAL_MS[interval];
    const bySpan = Map.groupBy(candles, ({ openTime }) => openTime - (openTime % length));
    candles = [...bySpan].flatMap(([openTime, group]) => rollUp(group, interval, openTime) ?? []);
    all.push(...candles);
  }
  return all;
}

/** A trade at `ms` after T0. */
export function trade(ms: number, price: number, size = 1, change: Partial<TradeRow> = {}): TradeRow {
  const seq = change.seq ?? ms;
  return { tradeId: `t${seq}`, ts: T0 + ms, seq, price, size, side: 'BUY', ...change };
}
