/** Pub/Sub: what is published, what each reader is delivered, and what goes to another region. */
import { bigQuerySubscription } from '../../../schemas/bigquery-subscriptions.ts';
import type { SubscriptionSettings } from '../../../schemas/subscriptions.ts';
import { TOPIC_NAMES, TOPICS, type TopicName } from '../../../schemas/topics.ts';
import type { Config } from '../../pulumi/config.ts';
import type { Service } from '../../pulumi/service.ts';
import { GIB, type Use } from '../bill.ts';
import type { Flow, Traffic } from '../traffic.ts';

const TIB = 1024 * GIB;
/** Least bytes of a request that publishes, pushes or pulls. */
const LEAST = 1_000;

interface Reader {
  readonly topic: TopicName;
  readonly name: string;
  readonly kind: 'pull' | 'push' | 'BigQuery';
}

export function pubSubUses(config: Config, services: readonly Service[], traffic: Traffic): Use[] {
  const published = TOPIC_NAMES.map((topic) =>
    throughput(config, `topic ${topic}`, traffic[topic], true, topic),
  );
  return [
    ...published,
    ...readersOf(services).map((reader) => delivered(config, reader, traffic[reader.topic])),
    ...betweenRegions(config, services, traffic),
  ];
}

/** Of every subscription that is made: pulled and pushed by services.ts, by BigQuery as its schema says. */
function readersOf(services: readonly Service[]): Reader[] {
  const of = (kind: Reader['kind']) => (settings: SubscriptionSettings) => ({
    topic: settings.topic,
    name: settings.id,
    kind,
  });
  return [
    ...services.flatMap(({ pulls }) => pulls.map(of('pull'))),
    ...services.flatMap(({ pushed }) => pushed.map(of('push'))),
    ...TOPIC_NAMES.flatMap((topic) => bigQuerySubscription(topic) ?? []).map(of('BigQuery')),
  ];
}

function delivered(config: Config, { topic, name, kind }: Reader, flow: Flow): Use {
  if (kind !== 'BigQuery') return throughput(config, `subscription ${name}`, flow, kind === 'push', topic);
  return {
    sku: 'Pub/Sub to BigQuery',
    resource: `subscription ${name}`,
    region: config.region,
    grows: 'symbols',
    quantity: (flow.messages * flow.messageBytes) / TIB,
    why: `each ${TOPICS[topic].message.toLowerCase()} into its table, without a writer of ours`,
  };
}

/** @param isOne Each message is a request: pushes are, and publishers wait too short to send several of a symbol together. */
function throughput(config: Config, resource: string, flow: Flow, isOne: boolean, topic: TopicName): Use {
  const bytes = isOne ? Math.max(LEAST, flow.messageBytes) : flow.messageBytes;
  const isShort = bytes > flow.messageBytes;
  const size = isShort
    ? `${Math.round(flow.messageBytes)} bytes, billed as ${LEAST}`
    : `${Math.round(bytes)} bytes`;
  return {
    sku: 'Pub/Sub throughput',
    resource,
    region: config.region,
    grows: 'symbols',
    quantity: (flow.messages * bytes) / TIB,
    why: `${TOPICS[topic].message.toLowerCase()}: ${size}`,
  };
}

/** Messages are kept in the stack's region: each crosses once, from the relay that publishes it. */
function betweenRegions({ region }: Config, services: readonly Service[], traffic: Traffic): Use[] {
  const relays = services.filter((service) => service.isPair);
  const bytes = sum(['raw-tick-data', 'book-snapshots'].map((topic) => sent(traffic[topic as TopicName])));
  return relays
    .filter((relay) => relay.region !== region)
    .map(({ name, region: from }) => ({
      sku: 'Traffic between regions',
      resource: `${name} → ${region}`,
      region: from,
      grows: 'symbols',
      quantity: bytes / relays.length / GIB,
      why: `it runs in ${from}, next to the exchange`,
    }));
}

const sent = ({ messages, messageBytes }: Flow) => messages * messageBytes;
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
