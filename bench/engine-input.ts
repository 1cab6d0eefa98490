/** The same two hours and a half for every engine: what the relay would publish, what is known before, what comes of it. */
import { createHash } from 'node:crypto';
import { systemClock } from '../connectors/clock/system.ts';
import { venueAdapter } from '../connectors/exchanges/adapters.ts';
import { distinct, finals, type Published } from '../pipelines/signals.fixture.ts';
import { type Resumption, resumption, warmCandles } from '../pipelines/warm-start.ts';
import type { Candle } from '../schemas/candle.ts';
import { type FeedPosition, positionOf } from '../schemas/feed-position.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { HOUR_MS, INTERVAL_MS, type Interval, MINUTE_MS } from '../schemas/primitives.ts';
import { FEED_START, type Second, SYMBOLS, secondsOfDay } from '../test/single-node/day.ts';
import { serveRest } from '../test/single-node/rest.ts';

export const VENUE = 'bybit';
/** Market time at which what reads comes up: it takes up the feed of the half hour before. */
export const UP = FEED_START + 35 * MINUTE_MS;
/** What closes after UP, and by then, is compared. */
export const END = UP + 2 * HOUR_MS;
/** Long enough after the end for its windows to close. */
const FEED_END = END + 2 * MINUTE_MS;

const REVISED = ['market-candles', 'market-levels', 'market-features'] as const;
/** What is compared. */
export const RESULTS: readonly Published['topic'][] = [...REVISED, 'trade-signals-micro'];

export function secondsOfInput(): Second[] {
  return secondsOfDay(FEED_END);
}

export interface InputSize {
  readonly trades: number;
  readonly messages: number;
  readonly symbolMinutes: number;
}

export function sizeOf(seconds: readonly Second[]): InputSize {
  const batches = seconds.flatMap(({ trades }) => trades);
  return {
    trades: batches.reduce((sum, { attributes }) => sum + tradesIn(positionOf(attributes)!), 0),
    messages: batches.length + seconds.reduce((sum, { books }) => sum + books.length, 0),
    symbolMinutes: ((FEED_END - FEED_START) / MINUTE_MS) * SYMBOLS.length,
  };
}

function tradesIn({ from, to }: FeedPosition): number {
  return to - from;
}

export type Warm = Resumption & { readonly history: readonly Candle[] };

/** Candles as a node that comes up at UP has them of the exchange. */
export async function warmFrom(restUrl: string): Promise<Warm> {
  const rest = venueAdapter(VENUE).rest({ baseUrl: restUrl, clock: systemClock });
  const history = await warmCandles({
    venue: VENUE,
    symbols: SYMBOLS,
    startMs: UP,
    fetchKlines: (query) => rest.klines(query),
  });
  return { history, ...resumption(history, UP, DEFAULT_PARAMS, { isResuming: true }) };
}

/** As `warmFrom`, of an exchange of this process's own. */
export async function warmHere(): Promise<Warm> {
  const rest = await serveRest(() => UP);
  try {
    return await warmFrom(rest.url);
  } finally {
    rest.close();
  }
}

/** When the record was known. Unit: ms since the epoch. */
export function timeOf(topic: Published['topic'], json: string): number {
  const row = JSON.parse(json);
  if (topic === 'market-candles') return Date.parse(row.openTime) + INTERVAL_MS[row.interval as Interval];
  return Date.parse(row.closeTime ?? row.asOf ?? row.timestamp);
}

/** Hash of the last revision of every record of (UP, END], and of all signals. @throws where one id came with two contents. */
export function hashOf(published: readonly Published[]): string {
  const hash = createHash('sha256');
  const compared = published.filter(({ topic, json }) => {
    const knownMs = timeOf(topic, json);
    return knownMs > UP && knownMs <= END;
  });
  for (const topic of REVISED) for (const json of finals(compared, topic)) hash.update(`${json}\n`);
  const signals = distinct(compared, 'trade-signals-micro').map(({ json }) => json);
  for (const json of signals.sort()) hash.update(`${json}\n`);
  return `${hash.digest('hex').slice(0, 8)}, ${signals.length} signals`;
}
