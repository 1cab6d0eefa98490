/** Writes messages into the state store, in any order and any number of times; what cannot be read becomes a dead letter. */
import { deadLetterOf } from '../../connectors/bus/dead-letter.ts';
import type { Delivery, MessageBus, OutgoingMessage } from '../../connectors/bus/port.ts';
import type { StateStore } from '../../connectors/state/port.ts';
import { keepNewest } from '../../connectors/state/records.ts';
import { WireFormatError } from '../../schemas/errors.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { type Kept, keptOf, newestOf } from './state-sink.ts';

export interface SinkPorts {
  readonly store: StateStore;
  /** For dead letters alone. */
  readonly bus: MessageBus;
  /** Told of what is durable. */
  readonly onKept?: ((kept: readonly Kept[]) => void) | undefined;
}

type Message = Pick<Delivery, 'data' | 'attributes' | 'messageId' | 'publishTimeMs'>;

/** Resolves when all of it is durable. @throws UpstreamError where it is not; the same messages may be written again. */
export async function sinkMessages(
  { store, bus, onKept }: SinkPorts,
  topic: TopicName,
  messages: readonly Message[],
): Promise<void> {
  const records: Kept[] = [];
  const letters: OutgoingMessage[] = [];
  for (const message of messages) {
    try {
      records.push(keptOf(topic, message.data));
    } catch (error) {
      if (!(error instanceof WireFormatError)) throw error;
      letters.push(deadLetterOf(`state:${topic}`, message, error));
    }
  }
  const writes = newestOf(records).map(({ kind, record }) => keepNewest(store, kind, record));
  if (letters.length > 0) writes.push(bus.publish('dead-letters', letters).then(() => true));
  const failed = (await Promise.allSettled(writes)).find((write) => write.status === 'rejected');
  if (failed) throw failed.reason;
  onKept?.(records);
}
