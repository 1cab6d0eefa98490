/** A message that this process holds the lease of: queued, then taken by the reader, then settled. */
import { eventTimeOf } from '../../../schemas/pubsub-message.ts';
import type { Delivery } from '../port.ts';
import type { ReceivedMessage } from './clients.ts';
import type { Held } from './copies.ts';

/** Who settles a delivery. */
interface Owner {
  settle(delivery: HeldDelivery): void;
  refuse(delivery: HeldDelivery): void;
}

const NOTHING = new Uint8Array();

export class HeldDelivery implements Delivery, Held {
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey: string;
  readonly messageId: string;
  readonly publishTimeMs: number;
  readonly attempt: number;
  readonly id: string;
  readonly ackIds: Map<string, string>;
  /** From the attributes; the publish time where they do not tell. */
  readonly eventTimeMs: number;
  state: 'queued' | 'taken' | 'done' = 'queued';
  /** When it is given back, once taken. Unit: ms since the epoch. */
  deadlineMs = Number.POSITIVE_INFINITY;
  readonly #owner: Owner;

  constructor(owner: Owner, received: ReceivedMessage, attempt: number) {
    const { data, attributes, orderingKey, messageId } = received.message ?? {};
    this.#owner = owner;
    this.data = data instanceof Uint8Array ? data : NOTHING;
    this.attributes = attributes ?? {};
    this.orderingKey = orderingKey ?? '';
    this.messageId = messageId ?? '';
    this.publishTimeMs = publishTimeOf(received);
    this.attempt = Math.max(attempt, received.deliveryAttempt ?? 0);
    this.id = idOf(received);
    this.ackIds = new Map([[this.messageId, received.ackId ?? '']]);
    this.eventTimeMs = readEventTime(this.attributes) ?? this.publishTimeMs;
  }

  get ack(): () => void {
    return () => this.#owner.settle(this);
  }

  get nack(): () => void {
    return () => this.#owner.refuse(this);
  }
}

/** The publisher's id; without one, a message is known by the server's. */
export function idOf({ message }: ReceivedMessage): string {
  return message?.attributes?.id ?? `message ${message?.messageId}`;
}

export function publishTimeOf({ message }: ReceivedMessage): number {
  const { seconds, nanos } = message?.publishTime ?? {};
  return Number(seconds ?? 0) * 1000 + Math.floor((nanos ?? 0) / 1e6);
}

function readEventTime(attributes: Readonly<Record<string, string>>): number | undefined {
  try {
    return eventTimeOf(attributes);
  } catch {
    return undefined;
  }
}
