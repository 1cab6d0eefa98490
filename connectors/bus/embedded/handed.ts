/** A message in the hands of a subscriber. */
import type { Delivery } from '../port.ts';
import type { StoredMessage } from './message.ts';

/** What is known of a message handed out; what it holds is in the log, and may wait there for hours. */
export interface Taken {
  readonly offset: number;
  readonly orderingKey: string;
  readonly eventTimeMs: number;
  readonly attempt: number;
  readonly deadlineMs: number;
}

/** The subscription that handed it out. */
interface Settler {
  settle(taken: Taken): void;
  refuse(taken: Taken): void;
}

/** A delivery; its message's fields are its own, so that it may be spread. */
export class Handed implements Delivery {
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey: string;
  readonly messageId: string;
  readonly publishTimeMs: number;
  readonly attempt: number;
  readonly #taken: Taken;
  readonly #settler: Settler;

  constructor(settler: Settler, message: StoredMessage, taken: Taken) {
    this.data = message.data;
    this.attributes = message.attributes;
    this.orderingKey = message.orderingKey;
    this.messageId = String(message.offset);
    this.publishTimeMs = message.publishTimeMs;
    this.attempt = taken.attempt;
    this.#taken = taken;
    this.#settler = settler;
  }

  get ack(): () => void {
    const [settler, taken] = [this.#settler, this.#taken];
    return () => settler.settle(taken);
  }

  get nack(): () => void {
    const [settler, taken] = [this.#settler, this.#taken];
    return () => settler.refuse(taken);
  }
}
