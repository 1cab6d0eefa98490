/** Publishing that does not give up: a bus that fails is tried again, in order, and callers wait meanwhile. */
import { messageOf, UpstreamError } from '../../schemas/errors.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { backoffMs } from '../backoff.ts';
import type { MessageBus, OutgoingMessage } from '../bus/port.ts';
import type { Clock } from '../clock/port.ts';

const BACKOFF = { firstMs: 100, maxMs: 10_000 };
/** Once the relay is stopping. */
const LAST_TRIES = 5;

export class Publisher {
  readonly #bus: MessageBus;
  readonly #clock: Clock;
  readonly #log: (line: string) => void;
  readonly #stopping: AbortSignal;
  /** What the bus said last, while it fails. */
  problem: string | null = null;

  constructor(bus: MessageBus, clock: Clock, stopping: AbortSignal, log: (line: string) => void) {
    this.#bus = bus;
    this.#clock = clock;
    this.#stopping = stopping;
    this.#log = log;
  }

  /** Resolves when the messages are durable. @throws UpstreamError only while stopping, after a few tries. */
  async publish(topic: TopicName, messages: readonly OutgoingMessage[]): Promise<void> {
    if (messages.length === 0) return;
    for (let failures = 1; ; failures++) {
      try {
        await this.#bus.publish(topic, messages);
        this.problem = null;
        return;
      } catch (cause) {
        await this.#failed(topic, messages.length, failures, cause);
      }
    }
  }

  async #failed(topic: TopicName, count: number, failures: number, cause: unknown): Promise<void> {
    this.problem = `Cannot publish ${count} messages to ${topic}: ${messageOf(cause)}`;
    if (failures === 1) this.#log(this.problem);
    if (this.#stopping.aborted && failures >= LAST_TRIES) throw new UpstreamError(this.problem, { cause });
    await this.#clock.until(this.#clock.now() + backoffMs(failures, BACKOFF, 1));
  }
}
