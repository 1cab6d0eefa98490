/** Messages of the bus as inputs of the desk. */

import { deadLetterOf } from '../../connectors/bus/dead-letter.ts';
import type { Delivery, MessageBus } from '../../connectors/bus/port.ts';
import { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { WireFormatError } from '../../schemas/errors.ts';
import { FeatureRow } from '../../schemas/feature-row.ts';
import { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { TOPIC_NAMES, TOPICS, type TopicName } from '../../schemas/topics.ts';
import { recordOf } from '../record.ts';
import { type DeskInput, pairOfInput } from './input.ts';
import type { TradeDesk } from './run.ts';

type Reader = (data: Uint8Array, at: number) => DeskInput;
const READERS: Partial<Record<TopicName, Reader>> = {
  'trade-signals-micro': (data, at) => ({ kind: 'signal', at, signal: recordOf(ScalpSignal, data) }),
  'book-snapshots': (data, at) => ({ kind: 'snapshot', at, snapshot: recordOf(BookSnapshot, data) }),
  'market-features': (data, at) => ({ kind: 'features', at, row: recordOf(FeatureRow, data) }),
  'macro-bias-updates': (data, at) => ({ kind: 'bias', at, bias: recordOf(MacroBias, data) }),
  'trade-signals-macro': (data, at) => ({ kind: 'swing', at, swing: recordOf(SwingSignal, data) }),
};

/** As schemas/topics.ts has it. */
const READER = 'trade desk';
/** Name of the desk’s subscriptions. */
export const DESK_SUBSCRIPTION = 'trade-desk';
export const DESK_TOPICS: readonly TopicName[] = TOPIC_NAMES.filter((topic) =>
  TOPICS[topic].readers.some((reader) => reader === READER),
);

/** @throws WireFormatError where the message is none of its topic. */
function inputOf(topic: TopicName, data: Uint8Array, at: number): DeskInput {
  const input = READERS[topic]?.(data, at);
  if (input !== undefined) return withPair(input);
  throw new WireFormatError(`Expected a message of ${DESK_TOPICS.join(', ')}, got one of ${topic}.`);
}

/** Of a symbol without a letter or digit nothing is left that facts could be kept under. */
function withPair(input: DeskInput): DeskInput {
  if (pairOfInput(input) !== '') return input;
  throw new WireFormatError('Expected the symbol of a pair, got one without letters and digits.');
}

type Message = Pick<Delivery, 'data' | 'attributes' | 'messageId' | 'publishTimeMs'>;

/** Resolves when it is decided, durable and published; what cannot be read is a dead letter then. @throws UpstreamError as `take`. */
export async function takeMessage(
  desk: TradeDesk,
  bus: MessageBus,
  topic: TopicName,
  message: Message,
  at: number,
): Promise<void> {
  let input: DeskInput;
  try {
    input = inputOf(topic, message.data, at);
  } catch (error) {
    if (!(error instanceof WireFormatError)) throw error;
    return bus.publish('dead-letters', [deadLetterOf(`desk:${topic}`, message, error)]);
  }
  await desk.take(input);
}
