/** A published message as the bus keeps it. */
import { WireFormatError } from '../../../schemas/errors.ts';
import { ATTRIBUTES } from '../../../schemas/topics.ts';
import type { OutgoingMessage } from '../port.ts';

/** Of data and attributes together, as with Pub/Sub. Unit: bytes. */
const MAX_MESSAGE_BYTES = 10_000_000;

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

/** @throws WireFormatError where a message is longer than the bus takes. */
export function checkSize({ data, attributes }: OutgoingMessage, topic: string): void {
  const bytes = Object.entries(attributes).reduce((sum, [k, v]) => sum + k.length + v.length, data.length);
  if (bytes <= MAX_MESSAGE_BYTES) return;
  throw new WireFormatError(
    `Expected a message of at most ${MAX_MESSAGE_BYTES} bytes for ${topic}, got ${bytes}. Split it.`,
  );
}
