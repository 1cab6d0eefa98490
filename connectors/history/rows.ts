/** Messages as rows of history, or as dead letters. */
import { z } from 'zod';
import { DeadLetter, deadLetterFrom } from '../../schemas/dead-letter.ts';
import { messageOf, WireFormatError } from '../../schemas/errors.ts';
import { eventTimeOf, standardAttributes } from '../../schemas/pubsub-message.ts';
import { TABLE_NAMES, TABLES, type TableName } from '../../schemas/tables.ts';
import { Tick, ticksOf } from '../../schemas/tick.ts';
import { ATTRIBUTES, TOPICS, type Topic, type TopicName } from '../../schemas/topics.ts';
import { decodeTradeBatch, readBatchKind } from '../../schemas/trade-batch.ts';
import type { Delivery, OutgoingMessage } from '../bus/port.ts';

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
  if (encoding === 'json') return [readRecord(schema, data)];
  if (readBatchKind(data) === 'bars') return [];
  return ticksOf(decodeTradeBatch(data)).map((tick) => z.encode(Tick, tick));
}

function readRecord(schema: z.ZodObject, data: Uint8Array): Row {
  const record = parseJson(data);
  const { success, error } = schema.safeParse(record);
  if (success) return record as Row;
  throw new WireFormatError(`Expected a record of its topic's schema, got: ${z.prettifyError(error)}`);
}

function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch (cause) {
    throw new WireFormatError(`Expected JSON in UTF-8, got ${data.length} bytes: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

/** The message that reports another one that history cannot hold. Its id follows from the content. */
export function deadLetterFor(topic: TopicName, delivery: Delivery, thrown: unknown): OutgoingMessage {
  const letter = deadLetterFrom({
    stage: `history:${topic}`,
    reason: messageOf(thrown),
    source: delivery.attributes[ATTRIBUTES.id] || delivery.messageId,
    eventTime: timeOf(delivery),
    bytes: delivery.data,
  });
  const data = new TextEncoder().encode(JSON.stringify(z.encode(DeadLetter, letter)));
  return { data, attributes: standardAttributes(letter.id, letter.eventTime), orderingKey: '' };
}

function timeOf({ attributes, publishTimeMs }: Delivery): number {
  try {
    return eventTimeOf(attributes);
  } catch {
    return Math.trunc(publishTimeMs);
  }
}
