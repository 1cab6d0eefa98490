/** Candles for tests, of which only what matters need be said. */
import { type Candle, candleId } from '../schemas/candle.ts';

const PLAIN: Omit<Candle, 'id'> = {
  venue: 'bybit',
  symbol: 'BTCUSDT',
  interval: '15m',
  openTime: 0,
  open: 100,
  high: 100,
  low: 100,
  close: 100,
  volume: 1,
  turnover: null,
  buyVolume: null,
  trades: null,
  vwap: null,
  coverage: 1,
  filled: false,
  complete: true,
  revision: 1,
};

export function candle(known: Partial<Candle>): Candle {
  const made = { ...PLAIN, ...known };
  return { ...made, id: candleId(made) };
}
