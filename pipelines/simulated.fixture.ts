/** The simulated market as bars and trades of the graph, for tests that need signals without real data. */
import { priceText, sizeText } from '../connectors/exchanges/simulated/frames.ts';
import { klines } from '../connectors/exchanges/simulated/klines.ts';
import type { SymbolMarket } from '../connectors/exchanges/simulated/market.ts';
import { type Candle, closeTime } from '../schemas/candle.ts';
import { INTERVAL_MS, INTERVALS, type Interval, MINUTE_MS } from '../schemas/primitives.ts';
import type { TradeRow } from '../schemas/trade-batch.ts';
import { newCandle } from '../transforms/candles/new-candle.ts';
import type { FetchKlines } from './warm-start.ts';

/** Trades in the order of the match; those of one order share the exchange's seq, as at Bybit. */
export function simulatedTrades(market: SymbolMarket, fromMs: number, toMs: number): TradeRow[] {
  let place = { seq: -1, index: 0 };
  return market.fills(fromMs, toMs).map(({ id, ts, seq, ticks, lots, isBuy }) => {
    place = { seq, index: place.seq === seq ? place.index + 1 : 0 };
    return {
      tradeId: id,
      ts,
      seq: seq * 1024 + place.index,
      price: Number(priceText(market.instrument, ticks)),
      size: Number(sizeText(market.instrument, lots)),
      side: isBuy ? 'BUY' : 'SELL',
    };
  });
}

/** Closed bars as an exchange tells them: no number of trades, revision 1. */
export async function simulatedBars(
  market: SymbolMarket,
  interval: Interval,
  fromMs: number,
  toMs: number,
): Promise<Candle[]> {
  const { instrument } = market;
  const price = (ticks: number) => Number(priceText(instrument, ticks));
  const bars = await klines(market, INTERVAL_MS[interval] / MINUTE_MS, fromMs, toMs - 1, toMs);
  return bars.map(({ openTime, open, high, low, close, lots }) =>
    newCandle({
      venue: 'bybit',
      symbol: instrument.symbol,
      interval,
      openTime,
      open: price(open),
      high: price(high),
      low: price(low),
      close: price(close),
      volume: Number(sizeText(instrument, lots)),
      turnover: null,
      buyVolume: null,
      trades: null,
      coverage: 1,
      filled: lots === 0,
      complete: true,
      revision: 1,
    }),
  );
}

/** What the exchange's REST would answer about [fromMs, toMs), made once. */
export async function fetchSimulated(
  markets: readonly SymbolMarket[],
  fromMs: number,
  toMs: number,
): Promise<FetchKlines> {
  const all = new Map<string, readonly Candle[]>();
  for (const market of markets) {
    for (const interval of INTERVALS) {
      const key = `${market.instrument.symbol} ${interval}`;
      all.set(key, await simulatedBars(market, interval, fromMs, toMs));
    }
  }
  return async ({ symbol, interval, fromMs: from, toMs: to }) =>
    all.get(`${symbol} ${interval}`)!.filter((candle) => candle.openTime >= from && closeTime(candle) <= to);
}
