/** The notifier in the one process of a laptop or a node: it reads the bus itself. */
import type { Delivery, MessageBus, Subscription } from '../../connectors/bus/port.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import { messageOf } from '../../schemas/errors.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { NOTIFIER, NOTIFIER_TOPICS, takeMessage } from './messages.ts';
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
/** Wait after a message that could not be kept. Unit: ms of the clock. */
const RETRY_AFTER_MS = 1_000;

/** Subscribes the notifier's topics; a message is acknowledged once it is in the outbox. */
export async function runNotifier(options: RunNotifierOptions): Promise<RunningNotifier> {
  const stopping = new AbortController();
  const notifier = new Notifier(options);
  const readers = await Promise.all(
    NOTIFIER_TOPICS.map(async (topic) => ({
      topic,
      subscription: await options.bus.subscribe(topic, NOTIFIER),
    })),
  );
  const running = readers.map(({ topic, subscription }) =>
    read(options, notifier, topic, subscription, stopping.signal),
  );
  return {
    notifier,
    async close() {
      stopping.abort();
      await Promise.all(readers.map(({ subscription }) => subscription.close()));
      await Promise.all(running);
      await notifier.close();
    },
  };
}

async function read(
  options: RunNotifierOptions,
  notifier: Notifier,
  topic: TopicName,
  subscription: Subscription,
  stopping: AbortSignal,
): Promise<void> {
  for (;;) {
    const deliveries = await subscription.pull(MAX_MESSAGES);
    if (deliveries.length === 0) return;
    for (const delivery of deliveries) await takeOne(options, notifier, topic, delivery, stopping);
  }
}

async function takeOne(
  { bus, clock, onTrouble }: RunNotifierOptions,
  notifier: Notifier,
  topic: TopicName,
  delivery: Delivery,
  stopping: AbortSignal,
): Promise<void> {
  try {
    await takeMessage(notifier, bus, topic, delivery);
    delivery.ack();
  } catch (error) {
    // Those behind it under its key come again, too.
    delivery.nack();
    onTrouble?.(`Alerts of ${topic}: ${messageOf(error)}`);
    await clock.until(clock.now() + RETRY_AFTER_MS, stopping);
  }
}
