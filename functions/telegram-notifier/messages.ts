/** Messages of the bus as what the notifier is told. */
import { deadLetterOf } from '../../connectors/bus/dead-letter.ts';
import type { Delivery, MessageBus, OutgoingMessage } from '../../connectors/bus/port.ts';
import { WireFormatError } from '../../schemas/errors.ts';
import { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { TOPIC_NAMES, TOPICS, type TopicName } from '../../schemas/topics.ts';
import { recordOf } from '../record.ts';
import type { Notifier } from './notifier.ts';
import type { Told } from './thread.ts';

const READERS: Partial<Record<TopicName, (data: Uint8Array) => Told>> = {
  'trade-signals-micro': (data) => ({ kind: 'scalp', event: recordOf(ScalpSignal, data) }),
  'trade-signals-macro': (data) => ({ kind: 'swing', event: recordOf(SwingSignal, data) }),
  'macro-bias-updates': (data) => ({ kind: 'bias', event: recordOf(MacroBias, data) }),
  'position-events': (data) => ({ kind: 'position', event: recordOf(PositionEvent, data) }),
};

/** As schemas/topics.ts has it, and the name of the subscriptions. */
export const NOTIFIER = 'notifier';
export const NOTIFIER_TOPICS: readonly TopicName[] = TOPIC_NAMES.filter((topic) =>
  TOPICS[topic].readers.some((reader) => reader === NOTIFIER),
);

function toldOf(topic: TopicName, data: Uint8Array): Told {
  const reader = READERS[topic];
  if (reader) return reader(data);
  throw new WireFormatError(`Expected a message of ${NOTIFIER_TOPICS.join(', ')}, got one of ${topic}.`);
}

/** Resolves when they are in the outbox, durably; what cannot be read is a dead letter then. */
export async function takeMessages(
  notifier: Notifier,
  bus: Pick<MessageBus, 'publish'>,
  topic: TopicName,
  messages: readonly Pick<Delivery, 'data' | 'attributes' | 'messageId' | 'publishTimeMs'>[],
): Promise<void> {
  const told: Told[] = [];
  const letters: OutgoingMessage[] = [];
  for (const message of messages) {
    try {
      told.push(toldOf(topic, message.data));
    } catch (error) {
      if (!(error instanceof WireFormatError)) throw error;
      letters.push(deadLetterOf(`notifier:${topic}`, message, error));
    }
  }
  if (letters.length > 0) await bus.publish('dead-letters', letters);
  const alerts = notifier.take(...told);
  await notifier.flush();
  for (const one of alerts) notifier.queued(one);
}
