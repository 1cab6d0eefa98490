/** The notifier in the one process of a laptop or a node: it reads the bus itself. */
import type { Delivery, MessageBus } from '../../connectors/bus/port.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import { messageOf } from '../../schemas/errors.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { readTopics } from '../readers.ts';
import { NOTIFIER, NOTIFIER_TOPICS, takeMessages } from './messages.ts';
import { Notifier, type NotifierOptions } from './notifier.ts';

export interface RunNotifierOptions extends NotifierOptions {
  readonly bus: MessageBus;
  readonly clock: Clock;
}

export interface RunningNotifier {
  readonly notifier: Notifier;
  /** Ends what is under way, then stops; what was not sent is sent by the next one. */
  close(): Promise<void>;
}

const MAX_MESSAGES = 100;

/** Subscribes the notifier's topics; a message is acknowledged once it is in the outbox. */
export async function runNotifier(options: RunNotifierOptions): Promise<RunningNotifier> {
  const { bus, clock } = options;
  const notifier = new Notifier(options);
  const readers = await readTopics({
    bus,
    clock,
    topics: NOTIFIER_TOPICS,
    reader: NOTIFIER,
    maxMessages: MAX_MESSAGES,
    async take(topic, deliveries) {
      const isTaken = await take(options, notifier, topic, deliveries);
      for (const delivery of deliveries) isTaken ? delivery.ack() : delivery.nack();
      return isTaken;
    },
  });
  return {
    notifier,
    async close() {
      await readers.close();
      await notifier.close();
    },
  };
}

async function take(
  { bus, onTrouble }: RunNotifierOptions,
  notifier: Notifier,
  topic: TopicName,
  deliveries: readonly Delivery[],
): Promise<boolean> {
  try {
    await takeMessages(notifier, bus, topic, deliveries);
    return true;
  } catch (error) {
    onTrouble?.(`Alerts of ${topic}: ${messageOf(error)}`);
    return false;
  }
}
