/** One topic of the embedded bus: its log (or memory alone), its subscriptions, its known ids. */
import { join } from 'node:path';
import { ConfigError, InvariantError } from '../../../schemas/errors.ts';
import type { Clock } from '../../clock/port.ts';
import type { OutgoingMessage, SubscribeOptions } from '../port.ts';
import { RecentIds } from '../recent-ids.ts';
import { AckFile } from './ack-file.ts';
import { AckRanges } from './ack-ranges.ts';
import { BackgroundSync } from './background-sync.ts';
import type { OpenFile } from './files.ts';
import { GroupCommit } from './group-commit.ts';
import { LogReader } from './log-reader.ts';
import { checkSize, StoredMessage } from './message.ts';
import { SegmentedLog } from './segmented-log.ts';
import { EmbeddedSubscription, type Feed } from './subscription.ts';
import { Tail } from './tail.ts';

export interface TopicOptions {
  readonly name: string;
  /** Folder of the topic; null for memory alone. */
  readonly dir: string | null;
  readonly clock: Clock;
  readonly fsync: 'always' | 'batch' | 'never';
  readonly dedupWindowMs: number;
  readonly dedupMaxIds: number;
  readonly segmentBytes: number;
  readonly tailBytes: number;
  readonly openFile: OpenFile;
}

/** A named subscription, whether or not someone has it open. */
interface Slot {
  readonly acks: AckRanges;
  readonly file: AckFile | null;
  /** The last one opened under the name. */
  owner: EmbeddedSubscription | null;
  state: 'idle' | 'opening' | 'open';
}

export class Topic {
  readonly #options: TopicOptions;
  readonly #log: SegmentedLog | null;
  readonly #tail: Tail;
  readonly #ids: RecentIds;
  readonly #slots = new Map<string, Slot>();
  readonly #commits: GroupCommit<StoredMessage>;
  readonly #closing = new AbortController();
  readonly #sync: BackgroundSync;
  #tidying: Promise<void> | null = null;

  private constructor(options: TopicOptions, log: SegmentedLog | null, ids: RecentIds) {
    this.#options = options;
    this.#log = log;
    this.#ids = ids;
    this.#tail = new Tail(log?.end ?? 0);
    this.#sync = new BackgroundSync(async () => log?.sync());
    this.#commits = new GroupCommit(
      (messages) => this.#commit(messages),
      (messages) => this.#forget(messages),
    );
  }

  /** `subscriptions`: names that exist on disk. @throws ConfigError on damage, UpstreamError on a disk that fails. */
  static async open(options: TopicOptions, subscriptions: readonly string[] = []): Promise<Topic> {
    const { dir, clock, dedupWindowMs: windowMs, dedupMaxIds: maxIds } = options;
    const ids = new RecentIds({ windowMs, maxIds });
    if (dir === null) return new Topic(options, null, ids);
    const rememberedFromMs = clock.now() - windowMs;
    const log = await SegmentedLog.open({ ...options, dir }, ({ id, publishTimeMs }) => {
      if (id !== undefined && publishTimeMs >= rememberedFromMs) ids.add(id, publishTimeMs);
    });
    const topic = new Topic(options, log, ids);
    for (const name of subscriptions) topic.#slots.set(name, await topic.#loadSlot(dir, name));
    topic.#tidy();
    return topic;
  }

  publish(messages: readonly OutgoingMessage[]): Promise<void> {
    if (this.#closing.signal.aborted)
      throw new InvariantError('Expected an open bus to publish to, got a closed one.');
    // Without a subscription nobody will ever read them, and an id not kept is an id not seen.
    if (this.#slots.size === 0) return Promise.resolve();
    const now = this.#options.clock.now();
    for (const message of messages) checkSize(message, this.#options.name);
    const fresh = messages
      .map((message) => new StoredMessage(message, now))
      .filter(({ id }) => id === undefined || this.#ids.add(id, now));
    return this.#commits.add(fresh);
  }

  async subscribe(name: string, options: SubscribeOptions = {}): Promise<EmbeddedSubscription> {
    const slot = this.#slots.get(name) ?? (await this.#create(name));
    if (slot.state !== 'idle') {
      throw new ConfigError(
        `Expected subscription "${name}" of ${this.#options.name} to be opened once, got a second time. Close the first.`,
      );
    }
    slot.state = 'opening';
    try {
      slot.owner = await this.#attach(slot, options);
      slot.state = 'open';
      return slot.owner;
    } catch (error) {
      slot.state = 'idle';
      throw error;
    }
  }

  /** @throws UpstreamError where the last acknowledgements cannot be written; they are then delivered again. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#commits.idle();
    for (const slot of this.#slots.values()) {
      await slot.owner?.close();
      await slot.file?.close(slot.acks);
    }
    await this.#sync.close();
    await this.#tidying;
    if (this.#options.fsync !== 'never') await this.#log?.sync();
    await this.#log?.close();
  }

  async #loadSlot(dir: string, name: string): Promise<Slot> {
    const file = new AckFile(join(dir, `${name}.acks`), this.#options.openFile);
    const acks = await file.load();
    // What the disk lost behind the log's end comes anew under the same offsets.
    acks.clamp(this.#tail.end);
    for (const { from, to } of this.#log?.missing() ?? []) acks.add(from, to);
    await file.compact(acks);
    return { acks, file, owner: null, state: 'idle' };
  }

  async #create(name: string): Promise<Slot> {
    const { dir, openFile } = this.#options;
    const acks = new AckRanges();
    const file = dir === null ? null : new AckFile(join(dir, `${name}.acks`), openFile);
    const slot: Slot = { acks, file, owner: null, state: 'idle' };
    // It holds what is committed from now on.
    this.#slots.set(name, slot);
    acks.add(0, this.#tail.end);
    try {
      await file?.compact(acks);
      return slot;
    } catch (error) {
      this.#slots.delete(name);
      throw error;
    }
  }

  async #attach(slot: Slot, options: SubscribeOptions): Promise<EmbeddedSubscription> {
    const reader = this.#log && new LogReader(this.#log);
    const feed = this.#feedFor(slot, reader);
    const subscription = new EmbeddedSubscription(feed, this.#options.clock, slot.acks, options);
    let at = slot.acks.floor;
    while (reader && at < this.#tail.first) {
      const messages = await reader.read(at);
      subscription.added(messages);
      at = messages.at(-1)!.offset + 1;
    }
    // From here to the end without a pause: no message can come in between.
    for (; at < this.#tail.end; at++) subscription.added([this.#tail.at(at)!]);
    return subscription;
  }

  #feedFor(slot: Slot, reader: LogReader | null): Feed {
    const tail = this.#tail;
    return {
      get end() {
        return tail.end;
      },
      at: (offset) => tail.at(offset),
      read: async (offset) => (await reader?.read(offset)) ?? [],
      isOwner: (subscription) => slot.owner === subscription && !this.#closing.signal.aborted,
      settled: (offset) => {
        slot.file?.add(offset);
        slot.file?.flushSoon(slot.acks, () => this.#tidy());
        if (!slot.file) this.#trim();
      },
      moved: () => this.#trim(),
      closed: async () => {
        slot.state = 'idle';
      },
    };
  }

  async #commit(messages: readonly StoredMessage[]): Promise<void> {
    if (messages.length === 0) return;
    this.#sync.throwFailure();
    await this.#log?.append(messages, this.#options.fsync === 'always');
    if (this.#log && this.#options.fsync === 'batch') this.#sync.soon();
    this.#tail.push(messages);
    for (const slot of this.#slots.values()) if (slot.state === 'open') slot.owner?.added(messages);
    this.#trim();
  }

  #forget(messages: readonly StoredMessage[]): void {
    for (const { id } of messages) if (id !== undefined) this.#ids.forget(id);
  }

  /** Frees memory: on disk what every open subscription has passed, without a disk what everyone has settled. */
  #trim(): void {
    const slots = [...this.#slots.values()];
    if (!this.#log) {
      this.#tail.trim(Math.min(...slots.map(({ acks }) => acks.floor)), Number.POSITIVE_INFINITY);
      return;
    }
    const cursors = slots.flatMap(({ state, owner }) => (state === 'open' && owner ? [owner.cursor] : []));
    this.#tail.trim(Math.min(this.#tail.end, ...cursors), this.#options.tailBytes);
  }

  /** Frees disk: what every subscription has settled, once its ids need not be remembered. */
  #tidy(): void {
    const log = this.#log;
    if (!log || this.#tidying || this.#closing.signal.aborted) return;
    const settled = Math.min(this.#tail.end, ...[...this.#slots.values()].map(({ acks }) => acks.floor));
    const { clock, dedupWindowMs } = this.#options;
    this.#tidying = log
      .removeBefore(settled, clock.now() - dedupWindowMs)
      // A file that cannot be removed now is tried again when the bus opens.
      .catch(() => {})
      .finally(() => {
        this.#tidying = null;
      });
  }
}
