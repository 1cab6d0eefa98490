/** Publishes to one topic: a key's messages one request after the other, whatever waited meanwhile in the next. */
import type { Clock } from '../../clock/port.ts';
import type { OutgoingMessage } from '../port.ts';
import { CALL, type Clients, persist } from './clients.ts';
import { codeOf, NOT_FOUND, pubSubError } from './errors.ts';
import type { Resources } from './resources.ts';

/** Limits of Pub/Sub: 1000 messages and 10 MB a request; servers of gRPC take 4 MB unless told otherwise. */
const MAX_MESSAGES = 1_000;
const MAX_BYTES = 3 << 20;
/** What the service counts beside data and attributes. Unit: bytes. */
const OVERHEAD = 64;

interface Waiting {
  readonly message: OutgoingMessage;
  readonly bytes: number;
  readonly call: Call;
}

/** One call of `publish`. */
interface Call {
  left: number;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

export interface PublisherOptions {
  readonly clock: Clock;
  /** How long a request is tried again. Unit: ms. */
  readonly timeoutMs: number;
  /** Beyond it `publish` waits for room. Unit: bytes. */
  readonly maxQueuedBytes: number;
}

export class TopicPublisher {
  readonly #clients: Clients;
  readonly #resources: Resources;
  readonly #topic: string;
  readonly #options: PublisherOptions;
  /** By ordering key, where a request is under way or wanted; '' has its own, in no order. */
  readonly #queues = new Map<string, Waiting[]>();
  #bytes = 0;
  readonly #waitingForRoom: (() => void)[] = [];

  constructor(clients: Clients, resources: Resources, topic: string, options: PublisherOptions) {
    this.#clients = clients;
    this.#resources = resources;
    this.#topic = topic;
    this.#options = options;
  }

  /** Resolves when the server has all; what fails takes those behind it under its key along, and the key goes on with the next call. */
  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    if (messages.length === 0) return;
    while (this.#bytes >= this.#options.maxQueuedBytes) {
      await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve));
    }
    await new Promise<void>((done, failed) => {
      const call = { left: messages.length, done, failed };
      for (const message of messages) this.#add({ message, bytes: sizeOf(message), call });
    });
  }

  #add(waiting: Waiting): void {
    this.#bytes += waiting.bytes;
    const key = waiting.message.orderingKey;
    const queue = this.#queues.get(key);
    if (queue) {
      queue.push(waiting);
      return;
    }
    this.#queues.set(key, [waiting]);
    // The rest of this call shall travel in the same request.
    queueMicrotask(() => void this.#send(key));
  }

  async #send(key: string): Promise<void> {
    const queue = this.#queues.get(key)!;
    while (queue.length > 0) {
      const batch = queue.splice(0, fitting(queue));
      try {
        await this.#request(batch);
        this.#release(batch);
        for (const { call } of batch) if (--call.left === 0) call.done();
      } catch (error) {
        const failed = pubSubError(error, `publish to ${this.#topic}`);
        const lost = [...batch, ...queue.splice(0)];
        this.#release(lost);
        for (const { call } of lost) call.failed(failed);
      }
    }
    this.#queues.delete(key);
  }

  async #request(batch: readonly Waiting[]): Promise<void> {
    await this.#resources.topic(this.#topic);
    const request = {
      topic: this.#resources.topicName(this.#topic),
      messages: batch.map(({ message }) => ({
        data: message.data,
        attributes: message.attributes as Record<string, string>,
        orderingKey: message.orderingKey,
      })),
    };
    const { clock, timeoutMs } = this.#options;
    const publish = () => this.#clients.publisher.publish(request, CALL);
    try {
      await persist(publish, timeoutMs, clock, this.#clients.closing);
    } catch (error) {
      if (codeOf(error) !== NOT_FOUND || !this.#resources.isMaking) throw error;
      this.#resources.forget();
      await this.#resources.topic(this.#topic);
      await persist(publish, timeoutMs, clock, this.#clients.closing);
    }
  }

  #release(batch: readonly Waiting[]): void {
    for (const { bytes } of batch) this.#bytes -= bytes;
    if (this.#bytes >= this.#options.maxQueuedBytes) return;
    for (const resume of this.#waitingForRoom.splice(0)) resume();
  }
}

/** How many of the first fit into one request; at least one. */
function fitting(queue: readonly Waiting[]): number {
  let bytes = 0;
  for (let i = 0; i < queue.length && i < MAX_MESSAGES; i++) {
    bytes += queue[i]!.bytes;
    if (bytes > MAX_BYTES) return Math.max(1, i);
  }
  return Math.min(queue.length, MAX_MESSAGES);
}

function sizeOf({ data, attributes, orderingKey }: OutgoingMessage): number {
  let bytes = OVERHEAD + data.length + orderingKey.length;
  for (const [name, value] of Object.entries(attributes)) bytes += name.length + value.length;
  return bytes;
}
