/** Messages as rows of history. */
import { z } from 'zod';
import { TABLE_NAMES, TABLES, type TableName } from '../../schemas/tables.ts';
import { Tick, ticksOf } from '../../schemas/tick.ts';
import { TOPICS, type Topic, type TopicName } from '../../schemas/topics.ts';
import { decodeTradeBatch, readBatchKind } from '../../schemas/trade-batch.ts';
import { jsonRecord } from '../bus/json-record.ts';

export type Row = Readonly<Record<string, unknown>>;

/** Table that a topic fills. */
export function tableOf(topic: TopicName): TableName {
  return TABLE_NAMES.find((table) => TABLES[table].topic === topic)!;
}

/**
 * Rows in wire form: one of a JSON message, one per trade of a batch; none of a batch of bars, whose candles the
 * graph publishes itself. @throws WireFormatError saying what is wrong with the message.
 */
export function rowsOf(topic: TopicName, data: Uint8Array): Row[] {
  const { encoding, schema }: Topic = TOPICS[topic];
  if (encoding === 'json') return [jsonRecord(schema, data).wire];
  if (readBatchKind(data) === 'bars') return [];
  return ticksOf(decodeTradeBatch(data)).map((tick) => z.encode(Tick, tick));
}
