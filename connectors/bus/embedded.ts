/** MessageBus without a cloud: topics as append-only logs in a folder, or in memory alone. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../schemas/errors.ts';
import { TOPIC_NAMES, TOPICS, type TopicName } from '../../schemas/topics.ts';
import type { Clock } from '../clock/port.ts';
import { type OpenFile, onDisk, openFile } from './embedded/files.ts';
import { lockFolder } from './embedded/lock.ts';
import { Topic } from './embedded/topic.ts';
import type { MessageBus, OutgoingMessage, SubscribeOptions, Subscription } from './port.ts';

export interface EmbeddedBusOptions {
  /** Folder of the logs, created where missing; null keeps everything in memory, with the same meaning but no restart. */
  readonly dir: string | null;
  /** Publish times, deadlines and the memory of ids run on it. */
  readonly clock: Clock;
  /**
   * When `publish` resolves, the messages have been written and survive the death of this process. The death of the
   * machine they survive with `always` (one fsync per group of messages before it resolves), but for the last
   * 50 ms with `batch` (the default; the fsync follows), and at the system's discretion with `never`.
   */
  readonly fsync?: 'always' | 'batch' | 'never';
  /** A second message with an id is dropped for at least this long after the first. Unit: ms; default 10 min. */
  readonly dedupWindowMs?: number;
  /** Ids remembered per topic at most; beyond it the window is shorter. Default 400 000. */
  readonly dedupMaxIds?: number;
  /** A log is freed a segment at a time. Unit: bytes; default 16 MB. */
  readonly segmentBytes?: number;
  /** Message data held in memory per topic for subscriptions that keep up. Unit: bytes; default 8 MB. */
  readonly tailBytes?: number;
  /** The disk; tests give one that fails. */
  readonly openFile?: OpenFile;
}

const SUBSCRIPTION_NAME = /^[A-Za-z][\w.-]{0,254}$/;

/**
 * Opens the bus, recovering whatever an earlier process left: a write that was cut off is removed.
 *
 * - A topic without any subscription keeps nothing, as with Pub/Sub.
 * - Messages of an ordering key are handed out in order, several at a time. A message taken back (nack, deadline)
 *   takes those back that were handed out behind it in its key; settling one of these then has no effect.
 * - `attempt` counts from 1 again when a subscription is opened anew.
 * - Published data belongs to the bus: do not write to it afterwards.
 *
 * @throws ConfigError naming file, byte and remedy where a log is damaged; UpstreamError where the disk fails or
 *   another process has the folder.
 */
export async function openEmbeddedBus(options: EmbeddedBusOptions): Promise<MessageBus> {
  const { dir } = options;
  if (dir === null) return new EmbeddedBus(options, () => {});
  await onDisk(dir, () => mkdir(dir, { recursive: true }));
  const unlock = lockFolder(dir);
  try {
    const bus = new EmbeddedBus(options, unlock);
    await bus.recover(dir);
    return bus;
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Removes a bus and all it holds; nothing where there is none. @throws UpstreamError where a process has it open. */
export async function removeEmbeddedBus(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  const unlock = lockFolder(dir);
  try {
    await onDisk(dir, () => rm(dir, { recursive: true, force: true }));
  } finally {
    unlock();
  }
}

class EmbeddedBus implements MessageBus {
  readonly #options: EmbeddedBusOptions;
  readonly #unlock: () => void;
  readonly #topics = new Map<TopicName, Promise<Topic>>();
  #closed: Promise<void> | null = null;

  constructor(options: EmbeddedBusOptions, unlock: () => void) {
    this.#options = options;
    this.#unlock = unlock;
  }

  async recover(dir: string): Promise<void> {
    const names = await onDisk(dir, () => readdir(dir));
    await Promise.all(
      TOPIC_NAMES.filter((topic) => names.includes(topic)).map(async (topic) => {
        const files = await onDisk(dir, () => readdir(join(dir, topic)));
        await this.#topic(
          topic,
          files.filter((file) => file.endsWith('.acks')).map((file) => file.slice(0, -5)),
        );
      }),
    );
  }

  async publish(topic: TopicName, messages: readonly OutgoingMessage[]): Promise<void> {
    await (await this.#topic(topic)).publish(messages);
  }

  async subscribe(topic: TopicName, name: string, options?: SubscribeOptions): Promise<Subscription> {
    if (!SUBSCRIPTION_NAME.test(name)) {
      throw new ConfigError(`Expected a subscription name of letters, digits, . _ and -, got "${name}".`);
    }
    return (await this.#topic(topic)).subscribe(name, options);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #topic(name: TopicName, subscriptions: readonly string[] = []): Promise<Topic> {
    if (!(name in TOPICS))
      throw new ConfigError(`Expected one of ${TOPIC_NAMES.join(', ')}, got topic "${name}".`);
    const { dir, clock, fsync = 'batch', openFile: open = openFile } = this.#options;
    const known = this.#topics.get(name);
    if (known) return known;
    const { dedupWindowMs = 600_000, dedupMaxIds = 400_000 } = this.#options;
    const { segmentBytes = 16 << 20, tailBytes = 8 << 20 } = this.#options;
    const limits = { dedupWindowMs, dedupMaxIds, segmentBytes, tailBytes };
    const folder = dir === null ? null : join(dir, name);
    const topic = Topic.open({ name, dir: folder, clock, fsync, openFile: open, ...limits }, subscriptions);
    this.#topics.set(name, topic);
    // What could not be opened may be tried again.
    topic.catch(() => this.#topics.delete(name));
    return topic;
  }

  async #close(): Promise<void> {
    try {
      const results = await Promise.allSettled(
        [...this.#topics.values()].map(async (topic) => (await topic).close()),
      );
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    } finally {
      this.#unlock();
    }
  }
}
