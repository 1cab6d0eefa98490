/** Bybit's public REST (or the simulated exchange's): instruments, turnovers, recent trades, closed candles. */
import type { z } from 'zod';
import type { Candle } from '../../../schemas/candle.ts';
import { messageOf, UpstreamError } from '../../../schemas/errors.ts';
import type { Interval } from '../../../schemas/primitives.ts';
import type { TradeRow } from '../../../schemas/trade-batch.ts';
import { exchangeCandle, klinePages } from '../klines.ts';
import { RestClient, type RestQuery } from '../rest-client.ts';
import type { Instrument, KlineQuery, RestOptions, TradesQuery, VenueRest } from '../venue.ts';
import { quote } from '../wire-frame.ts';
import { recentTrades, tradesFrom } from './recent-trades.ts';
import { judgeBybit } from './rest-limits.ts';
import { InstrumentsResult, KlineResult, RestEnvelope, TickersResult, TradesResult } from './rest-wire.ts';

export const BYBIT_REST_URL = 'https://api.bybit.com';

const BYBIT_INTERVAL: Record<Interval, string> = {
  '1m': '1',
  '5m': '5',
  '15m': '15',
  '1h': '60',
  '4h': '240',
};
/** Most rows of an answer. There are no further pages of recent trades. */
const PAGE = 1_000;
/** Pages of instruments; 1 suffices for the 800 contracts of 2026. */
const MOST_PAGES = 20;
const CATEGORY = { category: 'linear' } as const;

export class BybitRest implements VenueRest {
  readonly #client: RestClient;

  constructor({ baseUrl, clock, seed }: RestOptions) {
    this.#client = new RestClient({ baseUrl, clock, seed, judge: judgeBybit });
  }

  async instruments(signal?: AbortSignal): Promise<Instrument[]> {
    const found: Instrument[] = [];
    let cursor = '';
    for (let page = 0; page < MOST_PAGES; page++) {
      const query = { ...CATEGORY, limit: PAGE, ...(cursor === '' ? {} : { cursor }) };
      const { list, nextPageCursor = '' } = await this.#ask(
        'instruments-info',
        query,
        InstrumentsResult,
        signal,
      );
      found.push(...list.map(instrument));
      if (nextPageCursor === '') return found;
      cursor = nextPageCursor;
    }
    throw new UpstreamError(`Expected at most ${MOST_PAGES} pages of instruments from Bybit, got more.`);
  }

  async turnovers(signal?: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const { list } = await this.#ask('tickers', CATEGORY, TickersResult, signal);
    const known = list.filter(({ turnover24h }) => turnover24h !== '');
    return new Map(known.map(({ symbol, turnover24h }) => [symbol, Number(turnover24h)]));
  }

  /** The latest 1,000 at most: seconds of a lively market, hours of a quiet one. */
  async trades({ symbol, from, signal }: TradesQuery): Promise<readonly TradeRow[]> {
    const { list } = await this.#ask(
      'recent-trade',
      { ...CATEGORY, symbol, limit: PAGE },
      TradesResult,
      signal,
    );
    const trades = recentTrades(list, symbol, PAGE);
    if (trades) return tradesFrom(trades, from);
    throw new UpstreamError(`Expected trades of ${symbol} from Bybit’s recent-trade, got others among them.`);
  }

  /**
   * Oldest first. Each bar is known: complete, coverage 1, revision 1; number of trades and buy volume unknown. A bar
   * without volume is a filled one. Bars the exchange does not have (a listing younger than `fromMs`) are absent.
   */
  async klines(query: KlineQuery): Promise<Candle[]> {
    const candles: Candle[] = [];
    for (const { start, end } of klinePages(query, PAGE)) {
      candles.push(...(await this.#klinePage(query, start, end)));
    }
    return candles;
  }

  async #klinePage({ symbol, interval, signal }: KlineQuery, start: number, end: number): Promise<Candle[]> {
    const query = { ...CATEGORY, symbol, interval: BYBIT_INTERVAL[interval], start, end, limit: PAGE };
    const { list } = await this.#ask('kline', query, KlineResult, signal);
    return list
      .map((row) => candle(symbol, interval, row))
      .filter(({ openTime }) => openTime >= start && openTime <= end)
      .sort((a, b) => a.openTime - b.openTime);
  }

  async #ask<T extends z.ZodType>(
    name: string,
    query: RestQuery,
    schema: T,
    signal: AbortSignal | undefined,
  ): Promise<z.output<T>> {
    const path = `/v5/market/${name}`;
    const url = this.#client.urlOf(path, query);
    const { retCode, retMsg, result } = parse(
      RestEnvelope,
      await this.#client.getJson(path, query, signal),
      url,
    );
    if (retCode !== 0) throw new UpstreamError(`${url} was refused: ${quote(retMsg)} (code ${retCode}).`);
    return parse(schema, result, url);
  }
}

const STATUS: Readonly<Record<string, Instrument['status']>> = {
  Trading: 'trading',
  Delivering: 'closed',
  Closed: 'closed',
};

/** A status that we do not know means that it is not traded now: before its opening, or while it settles. */
function instrument(row: z.output<typeof InstrumentsResult>['list'][number]): Instrument {
  return {
    symbol: row.symbol,
    base: row.baseCoin,
    quote: row.quoteCoin,
    isPerpetual: row.contractType === 'LinearPerpetual',
    status: STATUS[row.status] ?? 'halted',
    listedMs: Number(row.launchTime ?? 0) || null,
    tickSize: Number(row.priceFilter.tickSize),
    lotSize: Number(row.lotSizeFilter.qtyStep),
  };
}

/** The same tuple, of numbers. */
type Numbers<T extends readonly unknown[]> = { [K in keyof T]: number };

function candle(
  symbol: string,
  interval: Interval,
  row: z.output<typeof KlineResult>['list'][number],
): Candle {
  const [openTime, open, high, low, close, volume, turnover] = row.map(Number) as Numbers<typeof row>;
  const numbers = { open, high, low, close, volume, turnover, buyVolume: null, trades: null };
  return exchangeCandle({ venue: 'bybit', symbol, interval, openTime }, numbers);
}

/** An answer of another form (a maintenance notice) is the exchange's trouble and may pass. */
function parse<T extends z.ZodType>(schema: T, value: unknown, url: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UpstreamError(
    `Expected Bybit’s answer from ${url}, got another form: ${quote(messageOf(result.error))}.`,
  );
}
