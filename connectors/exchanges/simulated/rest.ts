/** The REST endpoints of the simulated Bybit, in its envelope. Pure but for the market they ask. */
import { HOUR_MS } from '../../../schemas/primitives.ts';
import { type KlineOpen, withOpen } from './bybit/kline-open.ts';
import { tickerFields } from './bybit/ticker.ts';
import { priceText, sizeText, turnoverText } from './frames.ts';
import { INSTRUMENTS, type Instrument } from './instruments.ts';
import { type Kline, klines } from './klines.ts';
import { Listing, type ListingStatus } from './listing.ts';
import type { Fill, SimulatedMarket } from './market.ts';
import type { Answer } from './venue.ts';
import { VenueClock } from './venue-clock.ts';

export interface BybitRestSource {
  readonly listed: readonly { readonly listing: Listing; readonly status: ListingStatus }[];
  readonly klineOpen: KlineOpen;
}

const INTERVAL_MINUTES: Readonly<Record<string, number>> = { 1: 1, 5: 5, 15: 15, 60: 60, 240: 240 };
const DEFAULT_LIMIT = 200;
const DEFAULT_TRADES = 500;
const MAX_LIMIT = 1000;
/** Bybit's code for a bad parameter. */
const BAD_PARAMETER = 10_001;
const STATUS: Readonly<Record<ListingStatus, string>> = {
  trading: 'Trading',
  halted: 'Settling',
  closed: 'Closed',
};
/** Least worth of an order, as Bybit's. Unit: USDT. */
const MIN_NOTIONAL = '5';
/** First contract of the simulated exchange, and time between listings. */
const FIRST_LAUNCH = Date.UTC(2022, 0, 1);
const LAUNCH_EVERY = 30 * 24 * HOUR_MS;

/** Of a market whose every symbol trades always and whose bars open at their first trade. */
export async function answerRest(market: SimulatedMarket, url: URL, nowMs: number): Promise<Answer> {
  const clock = new VenueClock();
  const listed = INSTRUMENTS.filter(({ symbol }) => market.has(symbol)).map(
    ({ symbol }) => ({ listing: new Listing(market.of(symbol), clock), status: 'trading' }) as const,
  );
  return answerBybit({ listed, klineOpen: 'traded' }, url, nowMs);
}

/** At the exchange's time `nowMs`. */
export async function answerBybit(source: BybitRestSource, url: URL, nowMs: number): Promise<Answer> {
  const query = url.searchParams;
  switch (url.pathname) {
    case '/v5/market/time':
      return ok({ timeSecond: String(Math.floor(nowMs / 1000)), timeNano: `${nowMs}000000` }, nowMs);
    case '/v5/market/instruments-info':
      return instruments(source, query, nowMs);
    case '/v5/market/tickers':
      return tickers(source, query, nowMs);
    case '/v5/market/recent-trade':
      return recentTrade(source, query, nowMs);
    case '/v5/market/kline':
      return kline(source, query, nowMs);
    default:
      return { status: 404, body: envelope(404, `no such path ${url.pathname}`, {}, nowMs) };
  }
}

/** The listing asked for, or why not. */
function asked(source: BybitRestSource, query: URLSearchParams): Listing | string {
  if (query.get('category') !== 'linear') return 'Category is invalid';
  const symbol = query.get('symbol');
  const found = source.listed.find(({ listing }) => listing.instrument.symbol === symbol);
  return found && found.status !== 'closed' ? found.listing : 'Symbol Is Invalid';
}

function limitOf(query: URLSearchParams, usual: number): number | null {
  const limit = Number(query.get('limit') ?? usual);
  return Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT ? limit : null;
}

/** As on the exchange, contracts that ended are only told to those who ask for them. */
function instruments({ listed }: BybitRestSource, query: URLSearchParams, nowMs: number): Answer {
  const [status, symbol] = [query.get('status'), query.get('symbol')];
  const limit = limitOf(query, DEFAULT_TRADES);
  if (limit === null) return refuse('Limit is invalid', nowMs);
  const wanted = listed.filter(
    (each) =>
      (status ? STATUS[each.status] === status : each.status !== 'closed') &&
      (!symbol || each.listing.instrument.symbol === symbol),
  );
  const from = Number(query.get('cursor') ?? 0);
  const list = wanted
    .slice(from, from + limit)
    .map((each) => instrumentInfo(each.listing.instrument, each.status));
  const nextPageCursor = from + limit < wanted.length ? String(from + limit) : '';
  return ok({ category: 'linear', list, nextPageCursor }, nowMs);
}

function tickers({ listed }: BybitRestSource, query: URLSearchParams, nowMs: number): Answer {
  const symbol = query.get('symbol');
  const wanted = listed.filter(
    ({ listing, status }) => status !== 'closed' && (symbol === null || listing.instrument.symbol === symbol),
  );
  if (symbol !== null && wanted.length === 0) return refuse('Symbol Is Invalid', nowMs);
  const list = wanted.map(({ listing }) => ({
    symbol: listing.instrument.symbol,
    ...tickerFields(listing, nowMs, listing.lastTicks(nowMs)),
  }));
  return ok({ category: 'linear', list }, nowMs);
}

/** Newest first, fills of one order too. */
function recentTrade(source: BybitRestSource, query: URLSearchParams, nowMs: number): Answer {
  const listing = asked(source, query);
  const limit = limitOf(query, DEFAULT_TRADES);
  if (typeof listing === 'string') return refuse(listing, nowMs);
  if (limit === null) return refuse('Limit is invalid', nowMs);
  const fills = listing.lastFills(limit, nowMs);
  const list = fills.reverse().map((fill) => restTrade(listing.instrument, fill));
  return ok({ category: 'linear', list }, nowMs);
}

function restTrade(instrument: Instrument, fill: Fill): unknown {
  return {
    execId: fill.id,
    symbol: instrument.symbol,
    price: priceText(instrument, fill.ticks),
    size: sizeText(instrument, fill.lots),
    side: fill.isBuy ? 'Buy' : 'Sell',
    time: String(fill.ts),
    isBlockTrade: false,
    isRPITrade: false,
    seq: String(fill.seq),
  };
}

async function kline(source: BybitRestSource, query: URLSearchParams, nowMs: number): Promise<Answer> {
  const listing = asked(source, query);
  const minutes = INTERVAL_MINUTES[query.get('interval') ?? ''];
  const limit = limitOf(query, DEFAULT_LIMIT);
  if (typeof listing === 'string') return refuse(listing, nowMs);
  if (!minutes) return refuse('Invalid period!', nowMs);
  if (limit === null) return refuse('Limit is invalid', nowMs);
  const span = (limit - 1) * minutes * 60_000;
  const end = Math.min(timeOf(query, 'end') ?? (timeOf(query, 'start') ?? nowMs) + span, nowMs);
  // As on the exchange: where a span holds more than the limit, the newest are given.
  const start = Math.max(timeOf(query, 'start') ?? 0, end - span - ((end - span) % (minutes * 60_000)));
  const bars = await klines(listing, minutes, start, end, nowMs);
  const { instrument } = listing;
  const list = bars
    .slice(-limit)
    .reverse()
    .map((bar) => row(instrument, withOpen(source.klineOpen, listing, bar)));
  return ok({ category: 'linear', symbol: instrument.symbol, list }, nowMs);
}

function timeOf(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function row(instrument: Instrument, bar: Kline): string[] {
  const prices = [bar.open, bar.high, bar.low, bar.close].map((ticks) => priceText(instrument, ticks));
  return [
    String(bar.openTime),
    ...prices,
    sizeText(instrument, bar.lots),
    turnoverText(instrument, bar.turnover),
  ];
}

function instrumentInfo(instrument: Instrument, status: ListingStatus): unknown {
  const { symbol, tick, lot, priceDecimals, sizeDecimals } = instrument;
  const place = INSTRUMENTS.findIndex((other) => other.symbol === symbol);
  return {
    symbol,
    contractType: 'LinearPerpetual',
    status: STATUS[status],
    baseCoin: symbol.slice(0, -'USDT'.length),
    quoteCoin: 'USDT',
    launchTime: String(FIRST_LAUNCH + place * LAUNCH_EVERY),
    deliveryTime: '0',
    settleCoin: 'USDT',
    priceScale: String(priceDecimals),
    priceFilter: { tickSize: tick.toFixed(priceDecimals) },
    lotSizeFilter: {
      qtyStep: lot.toFixed(sizeDecimals),
      minOrderQty: lot.toFixed(sizeDecimals),
      minNotionalValue: MIN_NOTIONAL,
    },
    fundingInterval: 480,
  };
}

function ok(result: unknown, nowMs: number): Answer {
  return { status: 200, body: envelope(0, 'OK', result, nowMs) };
}

function refuse(reason: string, nowMs: number): Answer {
  return { status: 200, body: envelope(BAD_PARAMETER, reason, {}, nowMs) };
}

function envelope(retCode: number, retMsg: string, result: unknown, time: number): unknown {
  return { retCode, retMsg, result, retExtInfo: {}, time };
}
