/** How Pub/Sub writes a topic into its table by itself; the infrastructure makes subscriptions of it. */
import { type SubscriptionSettings, subscriptionSettings } from './subscriptions.ts';
import { TABLE_NAMES, TABLES, type TableName } from './tables.ts';
import { TOPICS, type TopicName } from './topics.ts';

/** As BigQueryConfig of Pub/Sub's API names it. */
export interface BigQueryDelivery {
  readonly table: TableName;
  /** Fields of the JSON message are the columns of their names. Excludes a schema of the topic. */
  readonly useTableSchema: true;
  /**
   * A message of a newer publisher is kept without its new field until the table has the column. Kept back, it would be
   * refused ten times and end among the undelivered.
   */
  readonly dropUnknownFields: true;
  /** Tables have the message's own id and time; columns of metadata would have to be theirs. */
  readonly writeMetadata: false;
}

export interface BigQuerySubscription extends SubscriptionSettings {
  readonly delivery: BigQueryDelivery;
}

/**
 * Null for a topic that Pub/Sub cannot write: trades travel as binary batches, many to a message, and a subscription makes
 * one row of one JSON message. Their rows come by `functions/tick-sink`, which takes batches apart, or not at all: candles do
 * not need them.
 */
export function bigQuerySubscription(topic: TopicName): BigQuerySubscription | null {
  const table = TABLE_NAMES.find((name) => TABLES[name].topic === topic);
  if (table === undefined || TOPICS[topic].encoding !== 'json') return null;
  const delivery = { table, useTableSchema: true, dropUnknownFields: true, writeMetadata: false } as const;
  return { ...subscriptionSettings(topic, 'BigQuery'), delivery };
}
