/** A published message as the bus keeps it. */
import { ATTRIBUTES } from '../../../schemas/topics.ts';
import type { OutgoingMessage } from '../port.ts';

export class StoredMessage implements OutgoingMessage {
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey: string;
  readonly publishTimeMs: number;
  /** Attribute `ts`; NaN where there is none. Unit: ms since the epoch. */
  readonly eventTimeMs: number;
  /** Place in the topic, from 0; −1 until it is written. */
  offset = -1;

  constructor(message: OutgoingMessage, publishTimeMs: number, offset = -1) {
    this.data = message.data;
    this.attributes = message.attributes;
    this.orderingKey = message.orderingKey;
    this.publishTimeMs = publishTimeMs;
    this.eventTimeMs = Number(message.attributes[ATTRIBUTES.eventTime] || Number.NaN);
    this.offset = offset;
  }

  get id(): string | undefined {
    return this.attributes[ATTRIBUTES.id];
  }
}
