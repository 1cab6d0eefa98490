/** Functions in the one process of a laptop or a node: they read their topics from the bus themselves. */
import type { Delivery, MessageBus, Subscription } from '../connectors/bus/port.ts';
import type { Clock } from '../connectors/clock/port.ts';
import type { TopicName } from '../schemas/topics.ts';

export interface ReadTopics {
  readonly bus: Pick<MessageBus, 'subscribe'>;
  readonly clock: Clock;
  readonly topics: readonly TopicName[];
  /** Name of the subscriptions. */
  readonly reader: string;
  /** Messages handed over together at most. */
  readonly maxMessages: number;
  /** Settles them all; false where some failed, so that the next ones wait. Never rejects. */
  readonly take: (topic: TopicName, deliveries: readonly Delivery[]) => Promise<boolean>;
}

export interface Readers {
  /** Finishes what was handed over, then stops. */
  close(): Promise<void>;
}

/** Wait after a failure. Unit: ms of the clock. */
const RETRY_AFTER_MS = 1_000;

/** Subscribes the topics and reads each, by itself, until closed. */
export async function readTopics(options: ReadTopics): Promise<Readers> {
  const stopping = new AbortController();
  const { bus, topics, reader } = options;
  const readers = await Promise.all(
    topics.map(async (topic) => ({ topic, subscription: await bus.subscribe(topic, reader) })),
  );
  const running = readers.map(({ topic, subscription }) =>
    read(options, topic, subscription, stopping.signal),
  );
  return {
    async close() {
      stopping.abort();
      await Promise.all(readers.map(({ subscription }) => subscription.close()));
      await Promise.all(running);
    },
  };
}

async function read(
  { clock, maxMessages, take }: ReadTopics,
  topic: TopicName,
  subscription: Subscription,
  stopping: AbortSignal,
): Promise<void> {
  for (;;) {
    const deliveries = await subscription.pull(maxMessages);
    if (deliveries.length === 0) return;
    if (!(await take(topic, deliveries))) await clock.until(clock.now() + RETRY_AFTER_MS, stopping);
  }
}
