/** How many messages and bytes one symbol makes, measured on real data: what infra/cost/rates.ts says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { z } from 'zod';
import { bybitFrames } from '../bench/frames.ts';
import type { OutgoingMessage } from '../connectors/bus/port.ts';
import { bybitAdapter } from '../connectors/exchanges/bybit/adapter.ts';
import { Feed } from '../connectors/feed/feed.ts';
import type { FeedInput } from '../connectors/feed/feed-io.ts';
import { type Row, rowsOf, tableOf } from '../connectors/history/rows.ts';
import { RATES, type Rate } from '../infra/cost/rates.ts';
import { rowSchema } from '../schemas/tables.ts';
import { type BigQueryColumn, bigQueryColumns } from '../schemas/to-bigquery.ts';
import { TOPICS, type TopicName } from '../schemas/topics.ts';
import { decodeTradeBatch } from '../schemas/trade-batch.ts';
import { messageFor, type PublishedRecord } from '../transforms/publish/publish.ts';

const DAY_S = 86_400;

/** What Pub/Sub counts beside body and attributes: the time, and an id of 17 digits. Unit: bytes. */
const TIME_AND_ID = 20 + 17;

type Message = Pick<OutgoingMessage, 'data' | 'attributes' | 'orderingKey'>;

/** https://cloud.google.com/pubsub/pricing: body, each attribute's name and value, the time and the id. */
function messageBytes({ data, attributes, orderingKey }: Message): number {
  const texts = [...Object.entries(attributes).flat(), orderingKey];
  return data.length + TIME_AND_ID + texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/** https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-types#data_type_sizes; null takes nothing. */
function rowBytes(columns: readonly BigQueryColumn[], row: Row): number {
  return columns.reduce((sum, column) => {
    const value = row[column.name];
    const values = column.mode === 'REPEATED' ? (value as unknown[]) : [value];
    return sum + values.reduce<number>((all, each) => all + valueBytes(column, each), 0);
  }, 0);
}

function valueBytes({ type, fields = [] }: BigQueryColumn, value: unknown): number {
  if (value === null || value === undefined) return 0;
  if (type === 'RECORD') return rowBytes(fields, value as Row);
  if (type === 'STRING') return 2 + Buffer.byteLength(String(value));
  if (type === 'JSON') return Buffer.byteLength(JSON.stringify(value));
  return type === 'BOOL' ? 1 : 8;
}

/** @param symbolDays Over which the messages came, times the symbols they are of. */
function rateOf(topic: TopicName, messages: readonly Message[], symbolDays: number): Rate {
  const columns = bigQueryColumns(rowSchema(tableOf(topic)));
  const rows = messages.flatMap(({ data }) => rowsOf(topic, data));
  const mean = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  return {
    perDay: messages.length / symbolDays,
    messageBytes: mean(messages.map(messageBytes)),
    rowBytes: mean(rows.map((row) => rowBytes(columns, row))),
  };
}

function rateOfFile(folder: string, topic: TopicName, symbolDays: number): Rate {
  const schema: z.ZodObject = TOPICS[topic].schema;
  const lines = readFileSync(join(folder, `${topic}.ndjson`), 'utf8')
    .split('\n')
    .slice(0, -1);
  const messages = lines.map((line) =>
    messageFor(topic, schema.parse(JSON.parse(line)) as unknown as PublishedRecord),
  );
  return rateOf(topic, messages, symbolDays);
}

/** Within a hundredth, which no bill shows; a new field of a message is more. */
export function expectAsSaid(measured: Rate, said: Rate): void {
  for (const field of ['perDay', 'messageBytes', 'rowBytes'] as const)
    expect(
      Math.abs(measured[field] / said[field] - 1),
      `${field}: ${measured[field]}, not ${said[field]}`,
    ).toBeLessThan(0.01);
}

/** Of each topic, in the folder of a replay or a backtest. @param symbolDays Days that it covers, times its symbols. */
export function expectRates<T extends TopicName & keyof typeof RATES>(
  folder: string,
  topics: readonly T[],
  symbolDays: number,
): void {
  for (const topic of topics) expectAsSaid(rateOfFile(folder, topic, symbolDays), RATES[topic]);
}

/** Of the frames that Bybit sent in 43 s, as the relay publishes them; null where the capture is missing. */
export function ratesOfCapture() {
  const set = bybitFrames(1);
  if (set === null) return null;
  const { frames, symbols } = set;
  const published = messagesOf(frames, symbols);
  const seconds = (frames.at(-1)!.ms - frames[0]!.ms) / 1_000;
  const symbolDays = (symbols.length * seconds) / DAY_S;
  const batches = published.get('raw-tick-data')!;
  const trades = batches
    .map(({ data }) => decodeTradeBatch(data).count)
    .reduce((sum, count) => sum + count, 0);
  return {
    tradesPerSecond: trades / seconds / symbols.length,
    tradesPerBatch: trades / batches.length,
    batch: rateOf('raw-tick-data', batches, symbolDays),
    snapshot: rateOf('book-snapshots', published.get('book-snapshots')!, symbolDays),
  };
}

function messagesOf(frames: readonly { ms: number; text: string }[], symbols: readonly string[]) {
  const published = new Map<TopicName, OutgoingMessage[]>();
  const at = (ms: number) => ({ market: ms, network: ms });
  const feed = new Feed({ adapter: bybitAdapter({ bookDepth: 200 }), startedAt: at(frames[0]!.ms - 1) });
  const give = (input: FeedInput, ms: number) => {
    for (const { topic, messages } of feed.apply(input, at(ms)).messages)
      published.set(topic, [...(published.get(topic) ?? []), ...messages]);
  };
  give({ kind: 'symbols', symbols }, frames[0]!.ms - 1);
  give({ kind: 'opened', connection: 0 }, frames[0]!.ms - 1);
  for (const { text, ms } of frames) {
    for (let due = feed.nextDue.market; due <= ms; due = feed.nextDue.market) give({ kind: 'tick' }, due);
    give({ kind: 'frame', connection: 0, frame: text }, ms);
  }
  return published;
}
