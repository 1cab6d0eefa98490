/** The whole graph on scripted messages, for tests: what arrives, turn by turn, and everything that leaves. */
import { z } from 'zod';
import { BookSnapshot } from '../schemas/book-snapshot.ts';
import { Candle, closeTime } from '../schemas/candle.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { streamKey, type Venue } from '../schemas/primitives.ts';
import { decodePubsubMessage, encodePubsubMessage, standardAttributes } from '../schemas/pubsub-message.ts';
import type { TopicName } from '../schemas/topics.ts';
import {
  type Claim,
  encodeBarBatch,
  encodeTradeBatch,
  type KnownTrade,
  type TradeRow,
} from '../schemas/trade-batch.ts';
import { compileSignals } from './compile.ts';
import type { StepMetrics } from './runners/embedded/metrics.ts';
import { EmbeddedRunner } from './runners/embedded/runner.ts';
import { type ScriptedTurn, scriptedEdges } from './runners/embedded/testing.ts';
import type { SignalOptions } from './signals.ts';

export const T0 = Date.UTC(2024, 0, 1);
export const MINUTE = 60_000;

export interface Market {
  readonly venue: Venue;
  readonly symbol: string;
}
export const BTC: Market = { venue: 'bybit', symbol: 'BTCUSDT' };

/** A message as a subscription hands it over. */
export interface Message {
  readonly bytes: Uint8Array;
  readonly eventTimeMs: number;
}

export interface BatchOf {
  readonly claim?: Claim | null;
  readonly last?: KnownTrade | null;
}

/** Trades of one batch as the relay sends them, or with a claim as a replay does. */
export function tradesMessage(market: Market, trades: readonly TradeRow[], batch: BatchOf = {}): Message {
  const { claim = null, last = null } = batch;
  const data = encodeTradeBatch({ ...market, claim, last, trades });
  const eventTimeMs = trades.length > 0 ? Math.min(...trades.map(({ ts }) => ts)) : claim!.toMs - 1;
  return message(market, `${eventTimeMs}:${trades[0]?.tradeId}:${trades.length}`, eventTimeMs, data);
}

/** A bar that someone else made, known when it closes. */
export function barsMessage(candle: Candle): Message {
  const { venue, symbol } = candle;
  const data = encodeBarBatch({ venue, symbol, candles: [candle] });
  return message({ venue, symbol }, candle.id, closeTime(candle) - 1, data);
}

/** One second of a feed: was it healthy, and which trade was the newest. */
export function snapshotMessage(
  market: Market,
  ts: number,
  connected: boolean,
  last: KnownTrade | null,
  change: Partial<BookSnapshot> = {},
): Message {
  const depth = { bps5: 0, bps10: 0, bps25: 0, bps50: 0 };
  const snapshot: BookSnapshot = {
    id: `${streamKey(market.venue, market.symbol)}:${ts}`,
    ...market,
    ts,
    bestBid: null,
    bestAsk: null,
    bidDepth: depth,
    askDepth: depth,
    lastPrice: last?.price ?? null,
    lastTradeTs: last?.ts ?? null,
    lastTradeSeq: last?.seq ?? null,
    fundingRate: null,
    nextFundingTime: null,
    markPrice: null,
    openInterest: null,
    connected,
    lastTradeAgeMs: last ? Math.max(0, ts + 1_000 - last.ts) : null,
    desyncMs: 0,
    publishedTrades: 0,
    ...change,
  };
  const data = new TextEncoder().encode(JSON.stringify(z.encode(BookSnapshot, snapshot)));
  return message(market, snapshot.id, ts + 1_000, data);
}

function message({ venue, symbol }: Market, id: string, eventTimeMs: number, data: Uint8Array): Message {
  const attributes = standardAttributes(id, eventTimeMs);
  return {
    bytes: encodePubsubMessage({ data, attributes, messageId: '', orderingKey: streamKey(venue, symbol) }),
    eventTimeMs,
  };
}

/** A record as it left the graph. */
export interface Published {
  readonly topic: TopicName;
  readonly id: string;
  readonly json: string;
  /** Turns of `raw-tick-data` that had been read when it was written. */
  readonly turn: number;
}

export interface GraphRun {
  readonly published: readonly Published[];
  /** Elements that came too late, by unique name of the group. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly steps: readonly StepMetrics[];
}

/** Runs the graph to the end of its script. */
export async function runGraph(
  script: { readonly trades: readonly ScriptedTurn[]; readonly books?: readonly ScriptedTurn[] },
  options: Partial<SignalOptions> = {},
): Promise<GraphRun> {
  const pipeline = compileSignals({
    project: 'test',
    params: DEFAULT_PARAMS,
    leadVenue: 'bybit',
    emitAfterMs: 0,
    history: [],
    ...options,
  });
  const dropped: Record<string, number> = {};
  const edges = scriptedEdges({ 'raw-tick-data': script.trades, 'book-snapshots': script.books ?? [] });
  const published: Published[] = [];
  edges.write = (topic, bytes) => {
    const { attributes, data } = decodePubsubMessage(bytes);
    const turn = edges.turnsRead['raw-tick-data'] ?? 0;
    published.push({
      topic: topic as TopicName,
      id: attributes.id!,
      json: Buffer.from(data).toString(),
      turn,
    });
  };
  const onDropped = (step: string) => {
    dropped[step] = (dropped[step] ?? 0) + 1;
  };
  const { done } = await new EmbeddedRunner({ edges, onDropped }).start(pipeline);
  return { published, dropped, steps: (await done).steps };
}

/** Records of a topic, each id once. @throws where one id came with two contents. */
export function distinct(published: readonly Published[], topic: TopicName): Published[] {
  const byId = new Map<string, Published>();
  for (const record of published) {
    if (record.topic !== topic) continue;
    const known = byId.get(record.id);
    if (known && known.json !== record.json) {
      throw new Error(`${topic} ${record.id} has two contents:\n${known.json}\n${record.json}`);
    }
    if (!known) byId.set(record.id, record);
  }
  return [...byId.values()];
}

/** The highest revision of each bar, level set or feature row, and every signal, as JSON, in an order of its own. */
export function finals(published: readonly Published[], topic: TopicName): string[] {
  const best = new Map<string, { revision: number; json: string }>();
  for (const { id, json } of distinct(published, topic)) {
    const { revision } = JSON.parse(json) as { revision?: number };
    if (revision === undefined) {
      best.set(id, { revision: 0, json });
      continue;
    }
    const identity = id.slice(0, id.lastIndexOf(':'));
    const known = best.get(identity);
    if (!known || revision > known.revision) best.set(identity, { revision, json });
  }
  return [...best].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { json }]) => json);
}

/** Published candles of an interval, every revision, in the order they left. */
export function candlesOf(run: GraphRun, interval: Candle['interval'] = '1m'): Candle[] {
  return distinct(run.published, 'market-candles')
    .map(({ json }) => Candle.parse(JSON.parse(json)))
    .filter((candle) => candle.interval === interval);
}

/** Candles as `finals` gives them. */
export function asFinals(candles: readonly Candle[]): string[] {
  const key = ({ venue, symbol, interval, openTime }: Candle) => `${venue}:${symbol}:${interval}:${openTime}`;
  return candles
    .toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
    .map((candle) => JSON.stringify(z.encode(Candle, candle)));
}
