/** Where a bar of the exchange opens: Bybit's open at the close before, also where the first trade was elsewhere. */
import { MINUTE_MS } from '../../../../schemas/primitives.ts';
import type { Kline, Minutes } from '../klines.ts';

/** `carried`: as on Bybit, high and low included. `traded`: at the first trade, as candles made from trades do. */
export type KlineOpen = 'carried' | 'traded';

export function withOpen(open: KlineOpen, minutes: Minutes, bar: Kline): Kline {
  if (open === 'traded') return bar;
  const { close } = minutes.bar(bar.openTime / MINUTE_MS - 1, bar.openTime);
  return { ...bar, open: close, high: Math.max(bar.high, close), low: Math.min(bar.low, close) };
}
