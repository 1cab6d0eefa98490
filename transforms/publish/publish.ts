/** A record of the graph as the message that leaves it: JSON in wire form, identity, event time, ordering key. */
import { pairOf, streamKey, type Venue } from '../../schemas/primitives.ts';
import { encodePubsubMessage, type PubsubMessage, standardAttributes } from '../../schemas/pubsub-message.ts';
import { TOPICS, type Topic, type TopicName } from '../../schemas/topics.ts';
import { barOf, traceAttribute } from '../../schemas/trace.ts';
import { wireJson } from '../../schemas/wire-json.ts';

/** What every published record has; the rest is its topic's schema. */
export interface PublishedRecord {
  readonly id: string;
  readonly venue?: Venue;
  readonly symbol?: string;
  readonly pair?: string;
}

/**
 * Serialized PubsubMessage of one record of `topic`.
 * `attributes` are added to identity, event time and trace.
 */
export function toMessage(
  topic: TopicName,
  record: PublishedRecord,
  attributes: Readonly<Record<string, string>> = {},
): Uint8Array {
  return encodePubsubMessage(messageFor(topic, record, attributes));
}

/** The same message before it is serialized, as a bus takes it. */
export function messageFor(
  topic: TopicName,
  record: PublishedRecord,
  attributes: Readonly<Record<string, string>> = {},
): PubsubMessage {
  const { schema, timeField, orderingKey }: Topic = TOPICS[topic];
  const eventTimeMs = (record as unknown as Record<string, number>)[timeField] ?? 0;
  return {
    data: Buffer.from(wireJson(schema, record)),
    attributes: {
      ...standardAttributes(record.id, eventTimeMs),
      ...traceAttribute(barOf(topic, record)),
      ...attributes,
    },
    messageId: '',
    orderingKey: orderingKey === null ? '' : keyOf(orderingKey, record),
  };
}

function keyOf(kind: 'venue:symbol' | 'pair', record: PublishedRecord): string {
  const { venue, symbol, pair } = record;
  if (kind === 'pair') return pair ?? pairOf(symbol ?? '');
  return venue && symbol ? streamKey(venue, symbol) : '';
}
