/** Rows of Kraken's REST answers into ours. */
import type { Candle } from '../../../schemas/candle.ts';
import type { Interval } from '../../../schemas/primitives.ts';
import type { TradeRow } from '../../../schemas/trade-batch.ts';
import { exchangeCandle } from '../klines.ts';
import type { Instrument } from '../venue.ts';
import type { AssetPair, OhlcRow, TradeRowWire } from './rest-wire.ts';
import { usualNames } from './symbols.ts';

/** The same trade as the stream's: id, time (cut to the ms) and side agree. */
export function tradeOf([price, size, seconds, side, , , id]: TradeRowWire): TradeRow {
  return {
    tradeId: String(id),
    seq: id,
    ts: msOf(seconds),
    price: Number(price),
    size: Number(size),
    side: side === 'b' ? 'BUY' : 'SELL',
  };
}

/** By the digits: a product of the number may come out just below the millisecond it stands for. */
function msOf(seconds: number): number {
  const [whole, fraction = ''] = String(seconds).split('.');
  return Number(whole) * 1_000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
}

/** Known from the exchange: complete. Turnover and buy volume are not told; the mean price is rounded to the tick. */
export function candleOf(symbol: string, interval: Interval, row: OhlcRow): Candle {
  const [seconds, open, high, low, close, vwap, volume, trades] = row;
  const [mean, isFilled] = [Number(vwap), trades === 0];
  return exchangeCandle(
    { venue: 'kraken', symbol, interval, openTime: seconds * 1_000 },
    {
      open: Number(open),
      high: Number(high),
      low: Number(low),
      close: Number(close),
      volume: Number(volume),
      turnover: null,
      buyVolume: null,
      trades,
    },
    { vwap: !isFilled && mean > 0 ? mean : null, filled: isFilled },
  );
}

/** In the others no order is matched. */
const TRADING = new Set(['online', 'limit_only', 'reduce_only']);

/** Null of a pair that has no public feed. */
export function instrumentOf(pair: AssetPair): Instrument | null {
  const { base, quote } = usualNames(pair.wsname ?? '');
  if (base === '' || quote === '') return null;
  const { status = 'online' } = pair;
  return {
    symbol: `${base}/${quote}`,
    base,
    quote,
    isPerpetual: false,
    status: TRADING.has(status) ? 'trading' : status === 'delisted' ? 'closed' : 'halted',
    listedMs: null,
    tickSize: Number(pair.tick_size ?? decimalStep(pair.pair_decimals)),
    lotSize: decimalStep(pair.lot_decimals),
  };
}

function decimalStep(decimals: number): number {
  return Number(`1e-${decimals}`);
}
