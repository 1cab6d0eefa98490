/** Every Pub/Sub subscription and its settings, derived from the list of topics: the client and the infrastructure read it. */
import { TOPIC_NAMES, TOPICS, type TopicName } from './topics.ts';

/** Where Pub/Sub puts what a reader refused too often, as it was; no program of ours writes it. */
export const UNDELIVERED_TOPIC = 'undelivered';

export interface SubscriptionSettings {
  /** Name of the resource. */
  readonly id: string;
  readonly topic: TopicName;
  /** Messages of a key one after the other. A redelivery then brings all behind it again, acknowledged or not. */
  readonly isOrdered: boolean;
  /** For readers that do not set their own. Unit: s. */
  readonly ackDeadlineS: number;
  /** How long an unacknowledged message is kept. Unit: s. */
  readonly retentionS: number;
  /** Pause before a refused message comes again; null for none. Unit: s. */
  readonly retry: { readonly minS: number; readonly maxS: number } | null;
  /** Where a message goes that was refused this often; null: it comes again for as long as it is kept. */
  readonly deadLetter: { readonly topic: typeof UNDELIVERED_TOPIC; readonly maxAttempts: number } | null;
}

const WEEK_S = 7 * 86_400;
/** Readers to which order means nothing. */
const UNORDERED: readonly string[] = ['graph', 'history', 'tick-sink', 'BigQuery', 'Bigtable'];
/** Readers that put aside themselves what they cannot read. */
const REFUSING_NONE: readonly string[] = ['graph', 'tick-sink', 'Bigtable'];

/** The graph's subscriptions carry their topic's name, all others the reader's behind it. */
export function subscriptionId(topic: TopicName, reader: string): string {
  return reader === 'graph' ? topic : `${topic}-${reader.toLowerCase().replaceAll(' ', '-')}`;
}

/**
 * The graph holds messages unacknowledged until their windows can no longer change, in any order: order would mean
 * that one redelivery repeats minutes of acknowledged messages, and tells the graph nothing. It refuses none (its
 * decoder has dead letters of its own), so attempts count its crashes: they must not cost a message.
 * History writes rows, whose order means nothing either, many at a time. Of trades it is the tick sink that does, which puts
 * aside what it cannot read: its attempts count the outages of BigQuery.
 * State keeps the newest, whatever comes when; its attempts count the outages of Bigtable, which must not cost one either.
 * Everyone else handles one message after the other; what fails ten times must not block its key for ever.
 */
export function subscriptionSettings(topic: TopicName, reader: string): SubscriptionSettings {
  const isGraph = reader === 'graph';
  return {
    id: subscriptionId(topic, reader),
    topic,
    isOrdered: !UNORDERED.includes(reader) && TOPICS[topic].orderingKey !== null,
    ackDeadlineS: 30,
    retentionS: WEEK_S,
    retry: isGraph ? null : { minS: 1, maxS: 60 },
    deadLetter: REFUSING_NONE.includes(reader) ? null : { topic: UNDELIVERED_TOPIC, maxAttempts: 10 },
  };
}

/** What the graph reads. */
export const GRAPH_INPUTS: readonly TopicName[] = TOPIC_NAMES.filter((topic) =>
  TOPICS[topic].readers.some((reader) => reader === 'graph'),
);

/** One for every reader of every topic. None ever expires. */
export const SUBSCRIPTIONS: readonly SubscriptionSettings[] = TOPIC_NAMES.flatMap((topic) =>
  TOPICS[topic].readers.map((reader) => subscriptionSettings(topic, reader)),
);
