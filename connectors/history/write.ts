/** Messages into the table of their topic: the rows of what can be read, and a dead letter for each of the rest. */
import { WireFormatError } from '../../schemas/errors.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { deadLetterOf } from '../bus/dead-letter.ts';
import type { Delivery, MessageBus, OutgoingMessage } from '../bus/port.ts';
import type { History } from './port.ts';
import { type Row, rowsOf, tableOf } from './rows.ts';

export interface WritePorts {
  /** For dead letters, with stage `history:<topic>`. */
  readonly bus: Pick<MessageBus, 'publish'>;
  readonly history: Pick<History, 'insert'>;
}

/** A message that can be read, with its rows. */
interface Read {
  readonly delivery: Delivery;
  readonly rows: readonly Row[];
}

/** Resolves with the number of rows when all is durable. Rejects with what is not the messages' fault: they may be written again. */
export async function writeMessages(
  ports: WritePorts,
  topic: TopicName,
  deliveries: readonly Delivery[],
): Promise<number> {
  const letters: OutgoingMessage[] = [];
  const read: Read[] = [];
  for (const delivery of deliveries) {
    try {
      read.push({ delivery, rows: rowsOf(topic, delivery.data) });
    } catch (error) {
      letters.push(letterOf(topic, delivery, error));
    }
  }
  if (letters.length > 0) await ports.bus.publish('dead-letters', letters);
  return insert(ports, topic, read);
}

/** Halves what the table refuses, although its schema does not, until the message is found. */
async function insert(ports: WritePorts, topic: TopicName, read: readonly Read[]): Promise<number> {
  const rows = read.flatMap((each) => each.rows);
  if (rows.length === 0) return 0;
  try {
    await ports.history.insert(tableOf(topic), rows);
    return rows.length;
  } catch (error) {
    if (read.length === 1) {
      await ports.bus.publish('dead-letters', [letterOf(topic, read[0]!.delivery, error)]);
      return 0;
    }
    if (!(error instanceof WireFormatError)) throw error;
    const half = Math.ceil(read.length / 2);
    return (await insert(ports, topic, read.slice(0, half))) + (await insert(ports, topic, read.slice(half)));
  }
}

/** Its id follows from message and reason: a letter that was sent before is not sent again. Throws what is no fault of the message. */
function letterOf(topic: TopicName, delivery: Delivery, error: unknown): OutgoingMessage {
  if (!(error instanceof WireFormatError)) throw error;
  return deadLetterOf(`history:${topic}`, delivery, error);
}
