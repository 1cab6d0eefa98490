/** Tests' exchange: bars that are told by their minute, at once. */
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import { exchangeCandle } from '../../exchanges/klines.ts';
import type { Instrument, KlineQuery } from '../../exchanges/venue.ts';

const instrument = (symbol: string, listedMs: number | null = null): Instrument => ({
  symbol,
  base: 'BTC',
  quote: 'USDT',
  isPerpetual: true,
  status: 'trading',
  listedMs,
  tickSize: 0.1,
  lotSize: 0.001,
});

/** Those in `absent` it does not have. */
export function exchange(
  absent: (openTime: number) => boolean = () => false,
  listedMs: number | null = null,
) {
  const asked: KlineQuery[] = [];
  return {
    asked,
    instruments: async () => [instrument('BTCUSDT', listedMs), instrument('ETHUSDT')],
    klines: async (query: KlineQuery) => {
      asked.push(query);
      const { symbol, interval, fromMs, toMs } = query;
      return Array.from({ length: (toMs - fromMs) / MINUTE_MS }, (_, i) => fromMs + i * MINUTE_MS)
        .filter((openTime) => !absent(openTime))
        .map((openTime) => {
          const price = 100 + ((openTime / MINUTE_MS) % 100);
          const numbers = { open: price, high: price, low: price, close: price, volume: 1, turnover: price };
          const identity = { venue: 'bybit', symbol, interval, openTime } as const;
          return exchangeCandle(identity, { ...numbers, buyVolume: null, trades: null });
        });
    },
  };
}
