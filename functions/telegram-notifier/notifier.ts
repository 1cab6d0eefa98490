/** The notifier: takes events at once and for good, and sends them when Telegram lets it, each chat in its own order. */
import { z } from 'zod';
import { backoffMs } from '../../connectors/backoff.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import type { Messenger } from '../../connectors/messenger/port.ts';
import type { Meter } from '../../connectors/metrics/meter.ts';
import type { TaskQueue } from '../../connectors/tasks/port.ts';
import type { Stages } from '../../connectors/telemetry/stages.ts';
import { CHART_QUEUE, ChartTask } from '../../schemas/chart-task.ts';
import { InvariantError, messageOf } from '../../schemas/errors.ts';
import { alertQueued } from '../alert-stages.ts';
import { ChatSender } from './chat-sender.ts';
import { outboxSamples } from './metrics.ts';
import type { NotifierSettings } from './settings.ts';
import { type KeptOutbox, OutboxStore, refOf, type StoredDelivery } from './store.ts';
import { consequenceOf, eventKey, type Thread, type Told, threadKeyOf, timeOf, withEvent } from './thread.ts';

export interface NotifierOptions {
  /** File of the outbox, `:memory:` for none; or one that is kept elsewhere. */
  readonly path: string | KeptOutbox;
  readonly messenger: Messenger;
  readonly tasks: TaskQueue;
  readonly clock: Clock;
  readonly settings: NotifierSettings;
  /** Measures what becomes of an alert. */
  readonly stages?: Stages | undefined;
  /** Chats without Telegram's limits: files. */
  readonly unlimited?: readonly string[];
  /** Told in a sentence what a person should know, of which signal: no texts of alerts, no secrets. */
  readonly onTrouble?: (line: string, signal?: string) => void;
  readonly meter?: Meter | undefined;
}

/** An entry waits so long for the signal it came of, which is on another topic. Unit: ms. */
const JOIN_MS = 2_000;
const RETRY = { firstMs: 1_000, maxMs: 60_000 };

export class Notifier {
  readonly #options: NotifierOptions;
  readonly #store: OutboxStore;
  readonly #closing = new AbortController();
  readonly #loops: Promise<void>[];
  /** Wakes the loops that wait for something to do. */
  #work = new AbortController();

  /** Goes on where the last process stopped. @throws UpstreamError, ConfigError where the file cannot be used. */
  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#store = new OutboxStore(options.path);
    if (options.meter) this.#tell(options.meter);
    // Two senders of one chat would take each other for dead.
    const senders = [...new Set(options.settings.chats)].map((chat) => this.#sender(chat));
    this.#loops = [
      ...senders.map((sender) => this.#run(() => sender.step())),
      this.#run(() => this.#addTasks()),
    ];
  }

  /**
   * In one write. Nothing is sent yet, and it is durable once `flush` is fulfilled. A second copy changes nothing.
   * @returns those that an alert comes of.
   */
  take(...all: readonly Told[]): Told[] {
    const now = this.#options.clock.now();
    const opening = this.#store.transaction(() => all.filter((told) => this.#takeOne(told, now)));
    this.#wake();
    return opening;
  }

  #takeOne(told: Told, now: number): boolean {
    const { settings } = this.#options;
    if (!this.#store.see(eventKey(told), now)) return false;
    const before = this.#store.thread(threadKeyOf(told))?.thread;
    const thread = withEvent(before, told);
    if (thread === before) return false;
    const { edits } = consequenceOf(told, settings);
    if (edits || before === undefined) this.#store.putThread(thread, now);
    if (thread.scalp !== undefined) this.#store.hasten(thread.key, now);
    return settings.chats.filter((chat) => this.#deliver(chat, thread, told, now)).length > 0;
  }

  /** The alert of it is in the outbox for good. */
  queued(told: Told): void {
    alertQueued(this.#options.stages, threadKeyOf(told), told.event.id, timeOf(told));
  }

  /** Resolves when all that was taken is durable. @throws UpstreamError where it may not be: take it again. */
  flush(): Promise<void> {
    return this.#store.flush();
  }

  /** A message of someone else in a chat: what is looked for later is above it. */
  noteMessage(chat: string, messageId: number): void {
    this.#store.raise(this.#options.messenger.counterOf(chat), messageId);
  }

  /** The thread a pressed button belongs to. */
  threadByRef(ref: string): Thread | undefined {
    return this.#store.threadByRef(ref);
  }

  /** Messages by state, and since when the oldest of those to be sent waits. */
  counts(): ReturnType<OutboxStore['count']> {
    return this.#store.count();
  }

  /** Waits for the calls under way; the rest is for the next process. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#loops);
    await this.#store.flush().catch((error: unknown) => this.#trouble(messageOf(error)));
    this.#store.close();
  }

  /** What has not happened yet is told, too: the first time is else no increase. */
  #tell(meter: Meter): void {
    meter.read(() => outboxSamples(this.counts(), this.#options.clock.now()));
    const { oldestOpen: _, ...states } = this.counts();
    for (const state of Object.keys(states)) {
      meter.count('cst_alerts_total', { outcome: state.toLowerCase() }, 0);
    }
  }

  #sender(chat: string): ChatSender {
    return new ChatSender({
      ...this.#options,
      chat,
      store: this.#store,
      closing: this.#closing.signal,
      onSent: () => this.#wake(),
      onTrouble: (line, signal) => this.#trouble(line, signal),
    });
  }

  /** True: an alert is to be sent. */
  #deliver(chat: string, thread: Thread, told: Told, now: number): boolean {
    const { opens, answers } = consequenceOf(told, this.#options.settings);
    const delivery = { thread: thread.key, chat, at: timeOf(told), noticed: now };
    const hasAlert = this.#store.alertIn(thread.key, chat) !== undefined;
    if (hasAlert && answers) {
      this.#store.addDelivery({ ...delivery, kind: 'exit', isSilent: false, due: now });
    } else if (!hasAlert && opens !== 'off') {
      const due = told.kind === 'position' && thread.scalp === undefined ? now + JOIN_MS : now;
      this.#store.addDelivery({ ...delivery, kind: 'alert', isSilent: opens === 'silent', due });
      return true;
    }
    return false;
  }

  /**
   * Does step after step; a step gives the time until which there is nothing to do, or null to go on. Whatever it does
   * outside it does once what it did before is durable.
   */
  async #run(step: () => Promise<number | null>): Promise<void> {
    const { signal } = this.#closing;
    const { clock } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      const work = this.#work.signal;
      try {
        const until = await step();
        failures = 0;
        if (until === null) continue;
        await this.#store.flush();
        await clock.until(until, AbortSignal.any([signal, work]));
      } catch (error) {
        failures += 1;
        this.#trouble(messageOf(error));
        await clock.until(clock.now() + backoffMs(failures, RETRY, 1), signal);
      }
    }
  }

  #wake(): void {
    const work = this.#work;
    this.#work = new AbortController();
    work.abort();
  }

  /** The charts of alerts that have arrived. */
  async #addTasks(): Promise<number | null> {
    const arrived = this.#store.untasked();
    if (arrived.length === 0) return Number.POSITIVE_INFINITY;
    await this.#store.flush();
    const added = await Promise.allSettled(arrived.map((delivery) => this.#addTask(delivery)));
    this.#store.transaction(() => {
      for (const [i, { id }] of arrived.entries()) {
        if (added[i]!.status === 'fulfilled') this.#store.putTasked(id);
      }
    });
    for (const one of added) if (one.status === 'rejected') throw one.reason;
    return null;
  }

  async #addTask(delivery: StoredDelivery): Promise<void> {
    const { thread } = this.#store.thread(delivery.thread)!;
    const id = `${refOf(thread.key)}-${delivery.chat.replace('-', 'g')}`;
    const task = chartTask(thread, { id, chat: delivery.chat, replyTo: delivery.messageId });
    const body = JSON.stringify(z.encode(ChartTask, task));
    try {
      await this.#options.tasks.add({ queue: CHART_QUEUE, name: id, body });
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      // No queue will ever take it, and others would wait for it.
      this.#trouble(`Chart ${id}: given up. ${error.message}`, thread.key);
    }
  }

  #trouble(line: string, signal?: string): void {
    this.#options.onTrouble?.(line, signal);
  }
}

/** What a chart of a thread shows. */
export function chartTask(thread: Thread, where: Pick<ChartTask, 'id' | 'chat' | 'replyTo'>): ChartTask {
  const { key, pair, scalp = null, swing = null, stories } = thread;
  const exit = Object.values(stories).find((story) => story.exit)?.exit ?? null;
  return { ...where, pair, signalId: key, scalp, swing, exit };
}
