/** The few REST endpoints of the simulated exchange, in Bybit's envelope. Pure but for the market it asks. */
import { priceText, sizeText, turnoverText } from './frames.ts';
import { INSTRUMENTS, type Instrument } from './instruments.ts';
import { type Kline, klines } from './klines.ts';
import type { SimulatedMarket } from './market.ts';

const INTERVAL_MINUTES: Readonly<Record<string, number>> = { 1: 1, 5: 5, 15: 15, 60: 60, 240: 240 };
const DEFAULT_LIMIT = 200;
const MAX_LIMIT = 1000;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Bybit's code for a bad parameter. */
const BAD_PARAMETER = 10_001;

export async function answerRest(market: SimulatedMarket, url: URL, nowMs: number): Promise<Answer> {
  switch (url.pathname) {
    case '/v5/market/time':
      return ok({ timeSecond: String(Math.floor(nowMs / 1000)), timeNano: `${nowMs}000000` }, nowMs);
    case '/v5/market/instruments-info':
      return ok({ category: 'linear', list: INSTRUMENTS.map(instrumentInfo), nextPageCursor: '' }, nowMs);
    case '/v5/market/kline':
      return kline(market, url.searchParams, nowMs);
    default:
      return { status: 404, body: envelope(404, `no such path ${url.pathname}`, {}, nowMs) };
  }
}

async function kline(market: SimulatedMarket, query: URLSearchParams, nowMs: number): Promise<Answer> {
  const symbol = query.get('symbol') ?? '';
  const minutes = INTERVAL_MINUTES[query.get('interval') ?? ''];
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
  if (query.get('category') !== 'linear') return refuse('Category is invalid', nowMs);
  if (!market.has(symbol)) return refuse('Symbol Is Invalid', nowMs);
  if (!minutes) return refuse('Invalid period!', nowMs);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT))
    return refuse('Limit is invalid', nowMs);
  const span = (limit - 1) * minutes * 60_000;
  const end = Math.min(timeOf(query, 'end') ?? (timeOf(query, 'start') ?? nowMs) + span, nowMs);
  // As on the exchange: where a span holds more than the limit, the newest are given.
  const start = Math.max(timeOf(query, 'start') ?? 0, end - span - ((end - span) % (minutes * 60_000)));
  const bars = await klines(market.of(symbol), minutes, start, end, nowMs);
  const { instrument } = market.of(symbol);
  const list = bars
    .slice(-limit)
    .reverse()
    .map((bar) => row(instrument, bar));
  return ok({ category: 'linear', symbol, list }, nowMs);
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

function instrumentInfo(instrument: Instrument): unknown {
  const { symbol, tick, lot, priceDecimals, sizeDecimals } = instrument;
  return {
    symbol,
    contractType: 'LinearPerpetual',
    status: 'Trading',
    baseCoin: symbol.slice(0, -'USDT'.length),
    quoteCoin: 'USDT',
    settleCoin: 'USDT',
    priceScale: String(priceDecimals),
    priceFilter: { tickSize: tick.toFixed(priceDecimals) },
    lotSizeFilter: { qtyStep: lot.toFixed(sizeDecimals), minOrderQty: lot.toFixed(sizeDecimals) },
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
