/** Closed candles from Bybit's REST (or the simulated exchange's): the warm start where there is no history. */
import type { z } from 'zod';
import { type Candle, candleId } from '../../../schemas/candle.ts';
import { messageOf, UpstreamError } from '../../../schemas/errors.ts';
import { INTERVAL_MS, type Interval } from '../../../schemas/primitives.ts';
import { explainNetworkError } from '../explain.ts';
import { KlineResult, RestEnvelope } from './wire.ts';

export const BYBIT_REST_URL = 'https://api.bybit.com';

export interface KlineQuery {
  /** `https://api.bybit.com`, or the simulated exchange's `httpUrl`. */
  readonly baseUrl: string;
  readonly symbol: string;
  readonly interval: Interval;
  /** Bars that open in [fromMs, toMs) and have closed by then. Unit: ms since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly signal?: AbortSignal;
}

const BYBIT_INTERVAL: Record<Interval, string> = {
  '1m': '1',
  '5m': '5',
  '15m': '15',
  '1h': '60',
  '4h': '240',
};
const PAGE = 1_000;
const TIMEOUT_MS = 30_000;

/**
 * Oldest first. Each bar is known: complete, coverage 1, revision 1; number of trades and buy volume unknown. A bar
 * without volume is a filled one. Bars the exchange does not have (a listing younger than `fromMs`) are absent.
 * @throws UpstreamError where the exchange is not reachable, refuses, or answers something else.
 */
export async function fetchKlines(query: KlineQuery): Promise<Candle[]> {
  const length = INTERVAL_MS[query.interval];
  const first = Math.ceil(query.fromMs / length) * length;
  // The last bar that has closed by toMs.
  const last = Math.floor(query.toMs / length) * length - length;
  const candles: Candle[] = [];
  for (let start = first; start <= last; start += PAGE * length) {
    const end = Math.min(last, start + (PAGE - 1) * length);
    candles.push(...(await fetchPage(query, start, end)));
  }
  return candles;
}

async function fetchPage(query: KlineQuery, start: number, end: number): Promise<Candle[]> {
  const { baseUrl, symbol, interval } = query;
  const parameters = new URLSearchParams({
    category: 'linear',
    symbol,
    interval: BYBIT_INTERVAL[interval],
    start: String(start),
    end: String(end),
    limit: String(PAGE),
  });
  const url = `${baseUrl}/v5/market/kline?${parameters}`;
  const answer = parse(RestEnvelope, await getJson(url, query.signal), url);
  if (answer.retCode !== 0) {
    throw new UpstreamError(`${url} was refused: ${answer.retMsg} (code ${answer.retCode}).`);
  }
  const { list } = parse(KlineResult, answer.result, url);
  return list
    .map((row) => candle(symbol, interval, row))
    .filter(({ openTime }) => openTime >= start && openTime <= end)
    .sort((a, b) => a.openTime - b.openTime);
}

/** The same tuple, of numbers. */
type Numbers<T extends readonly unknown[]> = { [K in keyof T]: number };

function candle(
  symbol: string,
  interval: Interval,
  row: z.output<typeof KlineResult>['list'][number],
): Candle {
  const [openTime, open, high, low, close, volume, turnover] = row.map(Number) as Numbers<typeof row>;
  const identity = { venue: 'bybit', symbol, interval, openTime, revision: 1 } as const;
  return {
    id: candleId(identity),
    ...identity,
    open,
    high,
    low,
    close,
    volume,
    turnover,
    buyVolume: null,
    trades: null,
    vwap: volume > 0 && turnover > 0 ? turnover / volume : null,
    coverage: 1,
    filled: volume === 0,
    complete: true,
  };
}

async function getJson(url: string, signal?: AbortSignal): Promise<unknown> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
    if (response.ok) return await response.json();
    throw new Error(`Unexpected server response: ${response.status}`);
  } catch (cause) {
    throw new UpstreamError(explainNetworkError(url, cause), { cause });
  }
}

/** An answer of another form (a proxy's page, a maintenance notice) is the exchange's trouble and may pass. */
function parse<T extends z.ZodType>(schema: T, value: unknown, url: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UpstreamError(`Expected klines from ${url}, got another form: ${messageOf(result.error)}.`);
}
