/** Topics, their schemas, and who gets their messages: services by push, the graph by pull, history by Pub/Sub itself. */
import * as gcp from '@pulumi/gcp';
import type { Resource } from '@pulumi/pulumi';
import { bigQuerySubscription } from '../../schemas/bigquery-subscriptions.ts';
import { subscriptionId, UNDELIVERED_TOPIC } from '../../schemas/subscriptions.ts';
import type { TableName } from '../../schemas/tables.ts';
import { pubsubAvroSchema } from '../../schemas/to-pubsub.ts';
import { TOPIC_NAMES, type TopicName } from '../../schemas/topics.ts';
import type { Accounts } from './accounts.ts';
import { DATASET } from './names.ts';
import { addressOf, type Stack } from './stack.ts';
import { type Delivery, Subscription } from './subscription.ts';

type Writable = ReadonlyMap<TableName, readonly Resource[]>;

export interface Topics {
  readonly topics: ReadonlyMap<string, gcp.pubsub.Topic>;
  /** By id. */
  readonly subscriptions: ReadonlyMap<string, gcp.pubsub.Subscription>;
}

/** Subscriptions of the schemas that have no reader in the cloud: what they would hold is only billed. */
export const UNREAD: Readonly<Record<string, string>> = {
  [subscriptionId('market-candles', 'macro engine')]: 'MACRO reads candles from the state store',
  [subscriptionId('feed-events', 'dashboard')]: 'the dashboard runs where its reader sits',
  [subscriptionId('raw-tick-data', 'tick-sink')]: 'only with tickHistory: a row of each trade is dear',
};

/** `writable`: what must be there before Pub/Sub can write a table: the table, and the right to. */
export function makeTopics(stack: Stack, accounts: Accounts, writable: Writable): Topics {
  const { options } = stack;
  const names = [...TOPIC_NAMES, UNDELIVERED_TOPIC];
  const topics = new Map<string, gcp.pubsub.Topic>(
    names.map((name) => [name, new gcp.pubsub.Topic(name, { name }, options)]),
  );
  for (const name of TOPIC_NAMES) makeSchema(name, stack);
  const undelivered = topics.get(UNDELIVERED_TOPIC)!;
  const { pubsub } = accounts;
  // What a reader refused too often is moved there by Pub/Sub's own account.
  const mover = { topic: undelivered.name, role: 'roles/pubsub.publisher', member: pubsub };
  new gcp.pubsub.TopicIAMMember(`${UNDELIVERED_TOPIC}-by-pubsub`, mover, options);
  const subscriptions = [...toServices(stack, accounts), ...toHistory(stack, writable)].map((delivery) => {
    const { id, topic } = delivery.settings;
    const around = { topic: topics.get(topic)!, undelivered, pubsub, options };
    return [id, new Subscription(delivery, around).subscription] as const;
  });
  keepUndelivered(undelivered, stack);
  return { topics, subscriptions: new Map(subscriptions) };
}

function toServices(stack: Stack, { callers }: Accounts): Delivery[] {
  return stack.services.flatMap((service) => {
    const push = { address: addressOf(service, stack), signer: callers.push.email };
    const pulled = service.pulls.map((settings) => ({ settings }));
    return [...pulled, ...service.pushed.map((settings) => ({ settings, push }))];
  });
}

/** What Pub/Sub writes into tables by itself. */
function toHistory({ config }: Stack, writable: Writable): Delivery[] {
  return TOPIC_NAMES.flatMap((topic) => {
    const settings = bigQuerySubscription(topic);
    if (settings === null) return [];
    const { table, ...how } = settings.delivery;
    const bigQuery = { ...how, table: `${config.project}.${DATASET}.${table}` };
    return [{ settings, bigQuery, after: writable.get(table) ?? [] }];
  });
}

/**
 * For those who read the topics from outside; no topic enforces its own: Pub/Sub takes Avro's JSON alone, which wraps
 * values that may be null, and plain JSON is what BigQuery writes.
 */
function makeSchema(topic: TopicName, { options }: Stack): void {
  const definition = pubsubAvroSchema(topic);
  if (definition === null) return;
  const text = JSON.stringify(definition);
  new gcp.pubsub.Schema(topic, { name: topic, type: 'AVRO', definition: text }, options);
}

/** For people: a topic without a subscription keeps nothing. */
function keepUndelivered(topic: gcp.pubsub.Topic, { options }: Stack): void {
  new gcp.pubsub.Subscription(
    UNDELIVERED_TOPIC,
    {
      name: UNDELIVERED_TOPIC,
      topic: topic.name,
      expirationPolicy: { ttl: '' },
      ackDeadlineSeconds: 60,
      messageRetentionDuration: `${7 * 86_400}s`,
    },
    options,
  );
}
