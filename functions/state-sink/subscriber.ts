/** The state sink in the one process of a laptop or a node: it reads the bus itself. */
import type { Delivery } from '../../connectors/bus/port.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { type Readers, readTopics } from '../readers.ts';
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

/** What was not written when it closes is not acknowledged. */
export type StateSink = Readers;

/** As schemas/topics.ts has it. */
const READER = 'Bigtable';
const MAX_MESSAGES = 500;

/** Subscribes the topics and keeps the store as new as they are; a message is acknowledged once its row is durable. */
export function sinkState(options: SinkStateOptions): Promise<StateSink> {
  const { bus, clock, topics = SINK_TOPICS, maxMessages = MAX_MESSAGES } = options;
  return readTopics({
    bus,
    clock,
    topics,
    maxMessages,
    reader: READER,
    async take(topic, deliveries) {
      const isWritten = await write(options, topic, deliveries);
      for (const delivery of deliveries) isWritten ? delivery.ack() : delivery.nack();
      return isWritten;
    },
  });
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
