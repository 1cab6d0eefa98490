/** Binance's public REST of USDⓈ-M futures: instruments, turnovers, aggregate trades of a year, candles. */
import type { z } from 'zod';
import type { Candle } from '../../../schemas/candle.ts';
import { messageOf, UpstreamError } from '../../../schemas/errors.ts';
import { HOUR_MS, type Interval } from '../../../schemas/primitives.ts';
import type { TradeRow } from '../../../schemas/trade-batch.ts';
import type { Clock } from '../../clock/port.ts';
import { exchangeCandle, klinePages } from '../klines.ts';
import { RestClient, type RestQuery } from '../rest-client.ts';
import type { Instrument, KlineQuery, RestOptions, TradesQuery, VenueRest } from '../venue.ts';
import { quote } from '../wire-frame.ts';
import { tradeRow } from './map.ts';
import {
  AggregateTrades,
  type ContractRow,
  ExchangeInfo,
  type KlineRow,
  Klines,
  Tickers,
} from './rest-wire.ts';

export const BINANCE_REST_URL = 'https://fapi.binance.com';

/** Most rows of an answer of either kind. */
const PAGE = 1_000;
/** Trades a call asks for: what is newer than these 100,000 is for the next call. */
const MOST_PAGES = 100;
/** Hours without a trade that are looked through for the first one. */
const MOST_HOURS = 24;
/** Of 2,400 weights a minute, a page of trades has 20. */
const EVERY_MS = 600;

export class BinanceRest implements VenueRest {
  readonly #client: RestClient;
  readonly #clock: Clock;

  /** 418 and 429 with Retry-After are the client's affair; 408 is a timeout of Binance's own. */
  constructor({ baseUrl, clock, seed }: RestOptions) {
    const judge = ({ status }: { readonly status: number }) => (status === 408 ? 'again' : 'fine');
    this.#client = new RestClient({ baseUrl, clock, seed, everyMs: EVERY_MS, judge });
    this.#clock = clock;
  }

  async instruments(signal?: AbortSignal): Promise<Instrument[]> {
    const { symbols } = await this.#ask('exchangeInfo', {}, ExchangeInfo, signal);
    return symbols.map(instrument);
  }

  async turnovers(signal?: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const tickers = await this.#ask('ticker/24hr', {}, Tickers, signal);
    return new Map(tickers.map(({ symbol, quoteVolume }) => [symbol, Number(quoteVolume)]));
  }

  async trades(query: TradesQuery): Promise<readonly TradeRow[]> {
    const { from } = query;
    let page = await (typeof from === 'number'
      ? this.#firstTrades(query, from)
      : this.#tradesFrom(query, from.seq));
    const trades = [...page];
    for (let pages = 1; page.length === PAGE && pages < MOST_PAGES; pages++) {
      page = await this.#tradesFrom(query, page.at(-1)!.seq + 1);
      trades.push(...page);
    }
    return trades;
  }

  /** Oldest first, those of the exchange, hence complete; it counts fills, so the number of trades is unknown. */
  async klines(query: KlineQuery): Promise<Candle[]> {
    const candles: Candle[] = [];
    for (const { start, end } of klinePages(query, PAGE)) {
      candles.push(...(await this.#klinePage(query, start, end)));
    }
    return candles;
  }

  /** Binance looks through less than an hour at a time, from its start. */
  async #firstTrades({ symbol, signal }: TradesQuery, fromMs: number): Promise<TradeRow[]> {
    const until = Math.min(this.#clock.now(), fromMs + MOST_HOURS * HOUR_MS);
    for (let startTime = fromMs; ; startTime += HOUR_MS) {
      const query = { symbol, startTime, endTime: startTime + HOUR_MS - 1, limit: PAGE };
      const rows = await this.#ask('aggTrades', query, AggregateTrades, signal);
      if (rows.length > 0 || startTime + HOUR_MS > until) return rows.map(tradeRow);
    }
  }

  async #tradesFrom({ symbol, signal }: TradesQuery, fromId: number): Promise<TradeRow[]> {
    const query = { symbol, fromId, limit: PAGE };
    return (await this.#ask('aggTrades', query, AggregateTrades, signal)).map(tradeRow);
  }

  async #klinePage({ symbol, interval, signal }: KlineQuery, start: number, end: number): Promise<Candle[]> {
    const query = { symbol, interval, startTime: start, endTime: end, limit: PAGE };
    const rows = await this.#ask('klines', query, Klines, signal);
    return rows.filter(([open]) => open >= start && open <= end).map((row) => candle(symbol, interval, row));
  }

  /** What is refused has a status of its own, which the client tells together with Binance's words. */
  async #ask<T extends z.ZodType>(
    name: string,
    query: RestQuery,
    schema: T,
    signal: AbortSignal | undefined,
  ): Promise<z.output<T>> {
    const path = `/fapi/v1/${name}`;
    const result = schema.safeParse(await this.#client.getJson(path, query, signal));
    if (result.success) return result.data;
    const url = this.#client.urlOf(path, query);
    throw new UpstreamError(
      `Expected Binance’s answer from ${url}, got another form: ${quote(messageOf(result.error))}.`,
    );
  }
}

const ENDED = new Set(['DELIVERING', 'DELIVERED', 'CLOSE']);

/** A status that we do not know means that it is not traded now. Stocks and metals have perpetuals of their own name. */
function instrument(row: ContractRow): Instrument {
  const step = (type: string, name: 'tickSize' | 'stepSize') =>
    Number(row.filters.find(({ filterType }) => filterType === type)?.[name] ?? Number.NaN);
  return {
    symbol: row.symbol,
    base: row.baseAsset,
    quote: row.quoteAsset,
    isPerpetual: row.contractType === 'PERPETUAL' || row.contractType === 'TRADIFI_PERPETUAL',
    status: row.status === 'TRADING' ? 'trading' : ENDED.has(row.status) ? 'closed' : 'halted',
    listedMs: row.onboardDate || null,
    tickSize: step('PRICE_FILTER', 'tickSize'),
    lotSize: step('LOT_SIZE', 'stepSize'),
  };
}

function candle(symbol: string, interval: Interval, row: KlineRow): Candle {
  const [openTime, open, high, low, close, volume, , turnover, , buyVolume] = row;
  return exchangeCandle(
    { venue: 'binance', symbol, interval, openTime },
    {
      open: Number(open),
      high: Number(high),
      low: Number(low),
      close: Number(close),
      volume: Number(volume),
      turnover: Number(turnover),
      buyVolume: Number(buyVolume),
      trades: null,
    },
  );
}
