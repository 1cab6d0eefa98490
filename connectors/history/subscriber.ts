/** Writes what is published into history: what BigQuery subscriptions do in the cloud. */
import { WireFormatError } from '../../schemas/errors.ts';
import type { CounterName } from '../../schemas/metrics.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { deadLetterOf } from '../bus/dead-letter.ts';
import type { Delivery, MessageBus, OutgoingMessage, Subscription } from '../bus/port.ts';
import type { Clock } from '../clock/port.ts';
import { type Meter, sample } from '../metrics/meter.ts';
import type { History } from './port.ts';
import { type Row, rowsOf, tableOf } from './rows.ts';

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
  readonly #draining = new AbortController();
  /** The pull under way, whose answer may come after we stopped waiting for it. */
  #pulling: Promise<readonly Delivery[]> | null = null;
  readonly #done: Promise<void>;

  constructor(options: RecordHistoryOptions, topic: TopicName, subscription: Subscription) {
    this.topic = topic;
    this.#options = options;
    this.#subscription = subscription;
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
        await this.#write(deliveries);
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
    const { clock, maxMessages = 2000, maxWaitMs = 200 } = this.#options;
    const deliveries = [...(await this.#pull(maxMessages))];
    this.#pulling = null;
    if (deliveries.length === 0) return [];
    const isFull = new AbortController();
    const stop = AbortSignal.any([isFull.signal, this.#draining.signal]);
    const waited = clock.until(clock.now() + maxWaitMs, stop).then(() => null);
    while (deliveries.length < maxMessages) {
      const more = await Promise.race([this.#pull(maxMessages - deliveries.length), waited]);
      if (more === null) break;
      this.#pulling = null;
      if (more.length === 0) break;
      deliveries.push(...more);
    }
    isFull.abort();
    return deliveries;
  }

  #pull(max: number): Promise<readonly Delivery[]> {
    this.#pulling ??= this.#subscription.pull(max);
    return this.#pulling;
  }

  async #write(deliveries: readonly Delivery[]): Promise<void> {
    const letters: OutgoingMessage[] = [];
    const rows: Row[] = [];
    for (const delivery of deliveries) {
      try {
        for (const row of rowsOf(this.topic, delivery.data)) rows.push(row);
      } catch (error) {
        letters.push(this.#letter(delivery, error));
      }
    }
    await this.#publish(letters);
    try {
      await this.#insert(rows);
    } catch (error) {
      if (!(error instanceof WireFormatError)) throw error;
      await this.#writeOneByOne(deliveries);
    }
  }

  /** Finds the messages whose rows the table refuses although their schema does not. */
  async #writeOneByOne(deliveries: readonly Delivery[]): Promise<void> {
    for (const delivery of deliveries) {
      try {
        await this.#insert(rowsOf(this.topic, delivery.data));
      } catch (error) {
        // Its id is the same as that of the first attempt, so a letter that was sent before is not sent again.
        await this.#publish([this.#letter(delivery, error)]);
      }
    }
  }

  async #insert(rows: readonly Row[]): Promise<void> {
    if (rows.length > 0) await this.#options.history.insert(tableOf(this.topic), rows);
  }

  async #publish(letters: readonly OutgoingMessage[]): Promise<void> {
    if (letters.length > 0) await this.#options.bus.publish('dead-letters', letters);
  }

  /** Throws on what is not the message's fault. */
  #letter(delivery: Delivery, error: unknown): OutgoingMessage {
    if (!(error instanceof WireFormatError)) throw error;
    return deadLetterOf(`history:${this.topic}`, delivery, error);
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
