/** Load for a bus: messages of one topic, published and read to their end, and the time of one hop. */
import type { MessageBus, Subscription } from '../connectors/bus/port.ts';
import { standardAttributes } from '../schemas/pubsub-message.ts';
import type { TopicName } from '../schemas/topics.ts';
import { percentile, type Row } from './benchmark.ts';

export interface BusLoad {
  readonly topic: TopicName;
  readonly messages: number;
}

const DATA = Buffer.alloc(200, 'x');

const message = (number: number) => ({
  data: DATA,
  attributes: standardAttributes(`m${number}`, number),
  orderingKey: `bybit:S${number % 25}`,
});

/** `publishers` at once, each waiting for its batch before the next. */
export async function publishAll(
  bus: MessageBus,
  { topic, messages }: BusLoad,
  publishers: number,
  batch: number,
): Promise<void> {
  let next = 0;
  const publish = async () => {
    while (next < messages) {
      const from = next;
      next += batch;
      const length = Math.min(batch, messages - from);
      await bus.publish(
        topic,
        Array.from({ length }, (_, i) => message(from + i)),
      );
    }
  };
  await Promise.all(Array.from({ length: publishers }, publish));
}

export async function readAll(subscription: Subscription, { messages }: BusLoad): Promise<void> {
  for (let read = 0; read < messages; ) {
    const deliveries = await subscription.pull(1000);
    for (const delivery of deliveries) delivery.ack();
    read += deliveries.length;
  }
}

/** Publishes one message after the other; cells say how long each took to arrive. */
export async function timesOfHops(
  bus: MessageBus,
  subscription: Subscription,
  { topic, messages }: BusLoad,
  hops: number,
): Promise<Row> {
  const times: number[] = [];
  for (let i = 0; i < hops; i++) {
    const start = performance.now();
    const pulling = subscription.pull(1);
    await bus.publish(topic, [message(messages + i)]);
    for (const delivery of await pulling) delivery.ack();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => `${percentile(times, share).toFixed(2)} ms`;
  return { 'hop: p50': at(0.5), 'hop: p99': at(0.99) };
}
