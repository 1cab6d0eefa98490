/** Writes what is published into history: what BigQuery subscriptions do in the cloud. */
import type { CounterName } from '../../schemas/metrics.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { Gathering } from '../bus/gathering.ts';
import type { Delivery, MessageBus, Subscription } from '../bus/port.ts';
import type { Clock } from '../clock/port.ts';
import { type Meter, sample } from '../metrics/meter.ts';
import type { History } from './port.ts';
import { writeMessages } from './write.ts';

export interface RecordHistoryOptions {
  readonly bus: MessageBus;
  readonly history: History;
  readonly clock: Clock;
  readonly topics: readonly TopicName[];
  /** Messages in one insert at most. Default 2000. */
  readonly maxMessages?: number;
  /** Longest wait for more messages. Unit: ms of the clock; default 200. */
  readonly maxWaitMs?: number;
  /** Told of each failed attempt to write; the messages are tried again. */
  readonly onError?: (topic: TopicName, error: unknown) => void;
  readonly meter?: Meter | undefined;
}

export interface HistoryRecorder {
  /** Writes what was published so far, then stops. Rejects where that fails; what was not written is not acknowledged. */
  close(): Promise<void>;
}

/** Wait after a write that failed. Unit: ms of the clock. */
const RETRY_AFTER_MS = 1_000;

/**
 * Subscribes each topic as `history` and inserts its messages into its table, acknowledging them once they are durable.
 * A message that is not what its topic's schema says goes to `dead-letters` with stage `history:<topic>`.
 */
export async function recordHistory(options: RecordHistoryOptions): Promise<HistoryRecorder> {
  const recorders = await Promise.all(
    options.topics.map(
      async (topic) => new TopicRecorder(options, topic, await options.bus.subscribe(topic, 'history')),
    ),
  );
  // What has not happened yet is told, too: the first time is else no increase.
  for (const topic of options.topics) options.meter?.count('cst_history_failures_total', { topic }, 0);
  options.meter?.read(() =>
    recorders.map(({ topic, backlog }) => sample('cst_history_backlog_messages', backlog, { topic })),
  );
  return {
    async close() {
      // Dead letters last: the others may add to them.
      const isLast = (recorder: TopicRecorder) => recorder.topic === 'dead-letters';
      await Promise.all(
        recorders.filter((recorder) => !isLast(recorder)).map((recorder) => recorder.drain()),
      );
      await recorders.find(isLast)?.drain();
    },
  };
}

class TopicRecorder {
  readonly topic: TopicName;
  readonly #options: RecordHistoryOptions;
  readonly #subscription: Subscription;
  readonly #gathering: Gathering;
  readonly #draining = new AbortController();
  readonly #done: Promise<void>;

  constructor(options: RecordHistoryOptions, topic: TopicName, subscription: Subscription) {
    this.topic = topic;
    this.#options = options;
    this.#subscription = subscription;
    this.#gathering = new Gathering(subscription, options.clock);
    this.#done = this.#run();
    // Waited for in `drain`.
    this.#done.catch(() => {});
  }

  /** Messages that wait; undefined where the bus cannot know. */
  get backlog(): number | undefined {
    return this.#subscription.backlog();
  }

  async drain(): Promise<void> {
    this.#draining.abort();
    await this.#closeWhenEmpty();
    await this.#done;
  }

  async #run(): Promise<void> {
    for (;;) {
      const deliveries = await this.#gather();
      if (deliveries.length === 0) return;
      try {
        await writeMessages(this.#options, this.topic, deliveries);
        for (const delivery of deliveries) delivery.ack();
        this.#count('cst_history_rows_total', deliveries.length);
      } catch (error) {
        await this.#giveBack(deliveries, error);
      }
      await this.#closeWhenEmpty();
    }
  }

  /** One message or more, and those that come within the wait; none once the subscription is closed. */
  async #gather(): Promise<Delivery[]> {
    const { maxMessages = 2000, maxWaitMs = 200 } = this.#options;
    const first = await this.#gathering.next(maxMessages);
    if (first.length === 0) return [];
    const left = maxMessages - first.length;
    return [...first, ...(await this.#gathering.within(maxWaitMs, left, this.#draining.signal))];
  }

  /** The messages come again, after a while; a recorder that is closing does not wait for better times. */
  async #giveBack(deliveries: readonly Delivery[], error: unknown): Promise<void> {
    const { clock, onError } = this.#options;
    onError?.(this.topic, error);
    this.#count('cst_history_failures_total', 1);
    for (const delivery of deliveries) delivery.nack();
    if (!this.#draining.signal.aborted) {
      await clock.until(clock.now() + RETRY_AFTER_MS, this.#draining.signal);
      return;
    }
    await this.#subscription.close();
    throw error;
  }

  #count(name: CounterName, by: number): void {
    this.#options.meter?.count(name, { topic: this.topic }, by);
  }

  async #closeWhenEmpty(): Promise<void> {
    if (!this.#draining.signal.aborted) return;
    // A bus that cannot tell its backlog is left at once: what is not acknowledged comes next time.
    if ((this.#subscription.backlog() ?? 0) === 0) await this.#subscription.close();
  }
}
