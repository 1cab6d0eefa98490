/** Kraken's REST: instruments, turnovers, trades back to the beginning of time, and the last 720 bars. */
import type { z } from 'zod';
import type { Candle } from '../../../schemas/candle.ts';
import { UpstreamError } from '../../../schemas/errors.ts';
import { INTERVAL_MS, MINUTE_MS } from '../../../schemas/primitives.ts';
import type { TradeRow } from '../../../schemas/trade-batch.ts';
import { RestClient, type RestQuery, type Verdict } from '../rest-client.ts';
import type { Instrument, KlineQuery, RestOptions, TradesQuery, VenueRest } from '../venue.ts';
import { candleOf, instrumentOf, tradeOf } from './rest-map.ts';
import {
  AssetPairs,
  OhlcLast,
  OhlcRows,
  PairResult,
  RestEnvelope,
  Tickers,
  TradeRows,
  type TradeRowWire,
  TradesLast,
} from './rest-wire.ts';
import { restPair } from './symbols.ts';

export const KRAKEN_REST_URL = 'https://api.kraken.com';

const FOLDER = '/0/public/';
/** Trades a page; fewer are the last page. */
const PAGE = 1_000;
/** Pages a call asks for: what is newer than these 100,000 trades is for the next call, from the last trade on. */
const MAX_PAGES = 100;

type Asker = Pick<RestClient, 'getJson' | 'urlOf'>;

/** Kraken counts public requests by address, and asks for no more than one a second. */
export function krakenRest({ baseUrl, clock, seed }: RestOptions): VenueRest {
  const client = new RestClient({ baseUrl, clock, seed, atOnce: 1, everyMs: 1_000, judge: krakenVerdict });
  return new KrakenRest(client);
}

/** Kraken's errors, which come with status 200, where they call for patience. */
export function krakenVerdict(_answer: unknown, json: unknown): Verdict {
  const answer = RestEnvelope.safeParse(json);
  const errors = answer.success ? answer.data.error : [];
  if (errors.some((text) => /Rate limit exceeded|Too many requests|Throttled/i.test(text)))
    return { pauseMs: null };
  return errors.some((text) => /^EService:|Internal error/i.test(text)) ? 'again' : 'fine';
}

/** Over the venue's queue; see krakenRest. */
export class KrakenRest implements VenueRest {
  readonly #client: Asker;
  /** Our symbols by Kraken's own names; null until AssetPairs has been asked. */
  #symbols: ReadonlyMap<string, string> | null = null;

  constructor(client: Asker) {
    this.#client = client;
  }

  async instruments(signal?: AbortSignal): Promise<Instrument[]> {
    const pairs = await this.#ask('AssetPairs', {}, AssetPairs, signal);
    const named = Object.entries(pairs).flatMap(([name, pair]) => {
      const instrument = instrumentOf(pair);
      return instrument ? [{ name, instrument }] : [];
    });
    this.#symbols = new Map(named.map(({ name, instrument }) => [name, instrument.symbol]));
    return named.map(({ instrument }) => instrument);
  }

  async turnovers(signal?: AbortSignal): Promise<ReadonlyMap<string, number>> {
    if (!this.#symbols) await this.instruments(signal);
    const tickers = await this.#ask('Ticker', {}, Tickers, signal);
    const turnovers = new Map<string, number>();
    for (const [name, { v, p }] of Object.entries(tickers)) {
      const symbol = this.#symbols?.get(name);
      if (symbol) turnovers.set(symbol, Number(v[1]) * Number(p[1]));
    }
    return turnovers;
  }

  /** Includes the trades of the millisecond of `from`. Kraken has every trade there ever was. */
  async trades({ symbol, from, signal }: TradesQuery): Promise<readonly TradeRow[]> {
    const fromMs = typeof from === 'number' ? from : from.ts;
    // `since` leaves out its own instant.
    let since = fromMs > 0 ? BigInt(fromMs) * 1_000_000n - 1n : 0n;
    const byId = new Map<number, TradeRowWire>();
    for (let page = 0; page < MAX_PAGES; page++) {
      const { rows, last } = await this.#tradesPage(symbol, since, signal);
      const known = byId.size;
      for (const row of rows) byId.set(row[6], row);
      if (rows.length < PAGE || byId.size === known) break;
      // Trades of one instant may stand on both sides of a page's end: it is asked for again.
      since = last - 1n;
    }
    return Array.from(byId.values(), tradeOf)
      .filter(({ ts }) => ts >= fromMs)
      .sort((a, b) => a.seq - b.seq);
  }

  /** Bars further back than Kraken's last 720 are absent. */
  async klines({ symbol, interval, fromMs, toMs, signal }: KlineQuery): Promise<Candle[]> {
    const length = INTERVAL_MS[interval];
    const query = {
      pair: restPair(symbol),
      interval: length / MINUTE_MS,
      since: Math.max(0, Math.ceil(fromMs / 1_000) - 1),
    };
    const { rows, last } = await this.#page('OHLC', query, OhlcRows, OhlcLast, signal);
    return rows
      .filter(([open]) => open <= last && open * 1_000 >= fromMs && open * 1_000 + length <= toMs)
      .map((row) => candleOf(symbol, interval, row));
  }

  async #tradesPage(symbol: string, since: bigint, signal?: AbortSignal) {
    const query = { pair: restPair(symbol), since: String(since), count: PAGE };
    const { rows, last } = await this.#page('Trades', query, TradeRows, TradesLast, signal);
    return { rows, last: BigInt(last) };
  }

  /** Result of one pair, under Kraken's own name of it, beside `last`. */
  async #page<R extends z.ZodType, L extends z.ZodType>(
    path: string,
    query: RestQuery,
    rows: R,
    last: L,
    signal?: AbortSignal,
  ): Promise<{ rows: z.output<R>; last: z.output<L> }> {
    const answer = await this.#ask(path, query, PairResult, signal);
    const { last: at, ...pairs } = answer;
    const url = this.#client.urlOf(FOLDER + path, query);
    return { rows: check(rows, Object.values(pairs)[0], url), last: check(last, at, url) };
  }

  async #ask<T extends z.ZodType>(
    path: string,
    query: RestQuery,
    schema: T,
    signal?: AbortSignal,
  ): Promise<z.output<T>> {
    const url = this.#client.urlOf(FOLDER + path, query);
    const answer = await this.#client.getJson(FOLDER + path, query, signal);
    const { error, result } = check(RestEnvelope, answer, url);
    if (error.length > 0) throw new UpstreamError(`${url} was refused: ${error.join(', ')}.`);
    return check(schema, result, url);
  }
}

/** An answer of another form (a proxy's page, a maintenance notice) is the exchange's trouble and may pass. */
function check<T extends z.ZodType>(schema: T, value: unknown, url: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new UpstreamError(
    `Expected Kraken's documented answer from ${url}, got another form: ${issue.path.join('.')} ${issue.message}.`,
  );
}
