/** A message that could not be read, kept whole with the reason. */
import { type DeadLetter, deadLetterFrom } from '../../schemas/dead-letter.ts';
import { messageOf } from '../../schemas/errors.ts';
import { MAX_EVENT_TIME } from '../../schemas/primitives.ts';
import { decodePubsubMessage, eventTimeOf, type PubsubMessage } from '../../schemas/pubsub-message.ts';
import { ATTRIBUTES } from '../../schemas/topics.ts';

/**
 * @param bytes What the step was given: a serialized PubsubMessage, or what should have been one.
 *   The letter keeps the message's data, or all bytes where they are no message.
 */
export function deadLetterOf(stage: string, bytes: Uint8Array, thrown: unknown): DeadLetter {
  const message = readMessage(bytes);
  const reason = messageOf(thrown);
  const data = message?.data ?? bytes;
  // The publisher's own id first: it is the same on every bus, and when the message comes again.
  const source = message?.attributes[ATTRIBUTES.id] || message?.messageId || null;
  return deadLetterFrom({ stage, reason, source, eventTime: message ? timeOf(message) : 0, bytes: data });
}

function readMessage(bytes: Uint8Array): PubsubMessage | null {
  try {
    return decodePubsubMessage(bytes);
  } catch {
    return null;
  }
}

/** 0 where the message does not tell its time, or one that cannot be written. */
function timeOf(message: PubsubMessage): number {
  try {
    const ms = eventTimeOf(message.attributes);
    return ms >= 0 && ms <= MAX_EVENT_TIME ? ms : 0;
  } catch {
    return 0;
  }
}
