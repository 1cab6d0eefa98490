/** The state sink in the one process of a laptop or a node: it reads the bus itself. */
import type { Delivery, Subscription } from '../../connectors/bus/port.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { type SinkPorts, sinkMessages } from './sink.ts';
import { SINK_TOPICS } from './state-sink.ts';

export interface SinkStateOptions extends SinkPorts {
  readonly clock: Clock;
  /** Default: all that state is kept of. */
  readonly topics?: readonly TopicName[];
  /** Messages written together at most; default 500. */
  readonly maxMessages?: number;
  /** Told of each failed attempt to write; the messages are tried again. */
  readonly onError?: (topic: TopicName, error: unknown) => void;
}

export interface StateSink {
  /** Finishes what it holds, then stops; what was not written is not acknowledged. */
  close(): Promise<void>;
}

/** As schemas/topics.ts has it. */
const READER = 'Bigtable';
/** Wait after a write that failed. Unit: ms of the clock. */
const RETRY_AFTER_MS = 1_000;

/** Subscribes the topics and keeps the store as new as they are; a message is acknowledged once its row is durable. */
export async function sinkState(options: SinkStateOptions): Promise<StateSink> {
  const stopping = new AbortController();
  const topics = options.topics ?? SINK_TOPICS;
  const readers = await Promise.all(
    topics.map(async (topic) => ({ topic, subscription: await options.bus.subscribe(topic, READER) })),
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
  options: SinkStateOptions,
  topic: TopicName,
  subscription: Subscription,
  stopping: AbortSignal,
): Promise<void> {
  for (;;) {
    const deliveries = await subscription.pull(options.maxMessages ?? 500);
    if (deliveries.length === 0) return;
    const isWritten = await write(options, topic, deliveries);
    for (const delivery of deliveries) isWritten ? delivery.ack() : delivery.nack();
    if (!isWritten) await options.clock.until(options.clock.now() + RETRY_AFTER_MS, stopping);
  }
}

async function write(
  options: SinkStateOptions,
  topic: TopicName,
  deliveries: readonly Delivery[],
): Promise<boolean> {
  try {
    await sinkMessages(options, topic, deliveries);
    return true;
  } catch (error) {
    options.onError?.(topic, error);
    return false;
  }
}
