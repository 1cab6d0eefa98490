/** What the venues' klines by REST have in common: pages of closed bars, and a bar the exchange made as a candle of ours. */
import { type Candle, candleId } from '../../schemas/candle.ts';
import { INTERVAL_MS } from '../../schemas/primitives.ts';
import type { KlineQuery } from './venue.ts';

/** Open times (ms) of the first and the last bar of each page of `perPage`; the last bar of all has closed by `toMs`. */
export function* klinePages(
  { interval, fromMs, toMs }: KlineQuery,
  perPage: number,
): Iterable<{ readonly start: number; readonly end: number }> {
  const length = INTERVAL_MS[interval];
  const last = Math.floor(toMs / length) * length - length;
  for (let start = Math.ceil(fromMs / length) * length; start <= last; start += perPage * length) {
    yield { start, end: Math.min(last, start + (perPage - 1) * length) };
  }
}

type Told = 'open' | 'high' | 'low' | 'close' | 'volume' | 'turnover' | 'buyVolume' | 'trades';

/** A closed bar as its exchange tells it: made of all trades, hence complete. Without `told` bars without volume are filled ones. */
export function exchangeCandle(
  { venue, symbol, interval, openTime }: Pick<Candle, 'venue' | 'symbol' | 'interval' | 'openTime'>,
  { open, high, low, close, volume, turnover, buyVolume, trades }: Pick<Candle, Told>,
  told: Pick<Candle, 'vwap' | 'filled'> = {
    vwap: turnover !== null && volume > 0 && turnover > 0 ? turnover / volume : null,
    filled: volume === 0,
  },
): Candle {
  const identity = { venue, symbol, interval, openTime, revision: 1 };
  return {
    id: candleId(identity),
    ...identity,
    open,
    high,
    low,
    close,
    volume,
    turnover,
    buyVolume,
    trades,
    vwap: told.vwap,
    coverage: 1,
    filled: told.filled,
    complete: true,
  };
}
