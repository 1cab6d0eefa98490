/** The message that reports another one that its reader cannot use. */
import { z } from 'zod';
import { DeadLetter, deadLetterFrom } from '../../schemas/dead-letter.ts';
import { messageOf } from '../../schemas/errors.ts';
import { eventTimeOf, standardAttributes } from '../../schemas/pubsub-message.ts';
import { ATTRIBUTES } from '../../schemas/topics.ts';
import type { Delivery, OutgoingMessage } from './port.ts';

type Refused = Pick<Delivery, 'attributes' | 'messageId' | 'publishTimeMs' | 'data'>;

/** Its id follows from the content: the same refusal of the same message is the same letter. */
export function deadLetterOf(stage: string, refused: Refused, thrown: unknown): OutgoingMessage {
  const letter = deadLetterFrom({
    stage,
    reason: messageOf(thrown),
    source: refused.attributes[ATTRIBUTES.id] || refused.messageId,
    eventTime: timeOf(refused),
    bytes: refused.data,
  });
  const data = new TextEncoder().encode(JSON.stringify(z.encode(DeadLetter, letter)));
  return { data, attributes: standardAttributes(letter.id, letter.eventTime), orderingKey: '' };
}

function timeOf({ attributes, publishTimeMs }: Refused): number {
  try {
    return eventTimeOf(attributes);
  } catch {
    return Math.trunc(publishTimeMs);
  }
}
