/** MessageBus: durable topics with ordered keys and at-least-once delivery. Twins: embedded log, Pub/Sub. */
import type { TopicName } from '../../schemas/topics.ts';

export interface OutgoingMessage {
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
  /** Messages of one key are delivered in the order they were published; '' for no order. */
  readonly orderingKey: string;
}

/** A message handed to a subscriber, who must settle it. */
export interface Delivery extends OutgoingMessage {
  readonly messageId: string;
  readonly publishTimeMs: number;
  /** 1 on the first delivery. */
  readonly attempt: number;
  /** Taken off the delivery it does the same; of the embedded bus, it keeps nothing of what the message holds. */
  readonly ack: () => void;
  /** Asks for redelivery, of this message and of those behind it under the same ordering key. */
  readonly nack: () => void;
}

export interface SubscribeOptions {
  /** Deliveries not yet settled beyond which `pull` waits. */
  readonly maxOutstanding?: number;
  /** Time after which an unsettled delivery comes again. Unit: ms. */
  readonly ackDeadlineMs?: number;
}

export interface Subscription {
  /** Resolves with 1..max deliveries as soon as there is one, or with [] once the subscription is closed. */
  pull(max: number): Promise<readonly Delivery[]>;
  /**
   * Smallest event time (attribute `ts`, ms) that a message published but not yet handed out may have.
   * -Infinity: the bus cannot rule out that some older message is still to come (a dead reader's lease has not run out,
   * a backlog arrives out of order, the connection is lost): a watermark must stand still.
   * undefined: it is caught up; what comes next is what is published next.
   */
  oldestPending(): number | undefined;
  /** Messages published and not yet acknowledged; undefined where the bus cannot know. */
  backlog(): number | undefined;
  /** Gives back what is not settled, so that the next reader under this name gets it at once. Idempotent. */
  close(): Promise<void>;
}

export interface MessageBus {
  /** Resolves when the messages are durable. A second message with an id (attribute `id`) already seen on the topic is dropped. */
  publish(topic: TopicName, messages: readonly OutgoingMessage[]): Promise<void>;
  /** Opens (and creates where missing) a named subscription; it holds every message published from then on until acknowledged. */
  subscribe(topic: TopicName, name: string, options?: SubscribeOptions): Promise<Subscription>;
  /** Flushes and releases everything. Idempotent. */
  close(): Promise<void>;
}
