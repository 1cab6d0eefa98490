/**
 * Between a feed, which must not wait, and a bus, which may be slow or away.
 *
 * - Messages of a topic are published in the order they were put, one publish at a time; a snapshot only after all
 *   trades that were put before it, since it lets event time pass them.
 * - A bus that takes nothing for `stallMs`, or too much in memory, is told by `pressure`: the caller stops reading its
 *   sockets, and the exchange's buffers carry the rest.
 * - After `patienceMs` of that, everything but snapshots goes to disk, and snapshots that are too many are dropped,
 *   oldest first, and told: the seconds they stood for must be claimed by what is put next. Then pressure is calm.
 * - What is on disk is published before anything newer of its topic; after a restart also where the outbox is held,
 *   since nobody else may have it.
 * - Where the disk takes nothing, pressure stays; what was put stays in memory.
 *
 * Memory: about `maxBytes`, and what a caller who heeds the pressure still puts; also while it is held.
 */
import { UpstreamError } from '../../schemas/errors.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import type { FeedMessages } from '../feed/feed-io.ts';
import { Lane } from './outbox-lane.ts';
import { Lanes, openSpills } from './outbox-lanes.ts';
import type { OnPublished, OutboxOptions, OutboxStats, Stamp } from './outbox-options.ts';
import { Standstill } from './outbox-standstill.ts';
import type { Spill } from './spill.ts';

const TRADES = 'raw-tick-data';
const SNAPSHOTS = 'book-snapshots';
/** A publish takes milliseconds. */
const STALL_MS = 2_000;
/** How often it looks whether the bus stands still. Unit: ms. */
const LOOK_MS = 250;
/** What comes while the bus is away goes to disk in writes of about this much, or this often. */
const WRITE_BYTES = 256 << 10;
const WRITE_EVERY_MS = 1_000;
/** By then a feed has put claims for what was dropped: its batches are at most a second apart. Unit: ms. */
const CLAIMS_MS = 1_000;
/** Dropping makes room for a while, not for one message. */
const DROP_TO = 0.75;

export type { OnPublished, OutboxOptions, OutboxStats, Stamp } from './outbox-options.ts';

/**
 * Opens the outbox; what an earlier one left on disk is published first.
 * @throws UpstreamError where the folder cannot be used, or another process uses it.
 */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { spills, unlock } = await openSpills(options);
  return new Outbox(options, spills, unlock);
}

const asIs: Stamp = (_, message) => message;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #spills: ReadonlyMap<TopicName, Spill>;
  readonly #lanes: Lanes;
  readonly #unlock: () => void;
  readonly #closing = new AbortController();
  #isWatching = false;
  #isHeld: boolean;
  #stamp: Stamp = asIs;
  #onPublished: OnPublished = () => {};
  /** Of the last message put. */
  #seq = 0;
  /** Until then snapshots wait for the claims of those dropped. */
  #claimsDueMs: number | null = null;
  readonly #standstill: Standstill;
  #dropped = 0;
  #published = 0;
  #drained: Promise<void> | undefined;
  #wakeDrain = () => {};

  constructor(options: OutboxOptions, spills: ReadonlyMap<TopicName, Spill>, unlock: () => void) {
    this.#options = options;
    this.#spills = spills;
    this.#unlock = unlock;
    this.#isHeld = options.isHeld ?? false;
    this.#lanes = new Lanes((topic) => this.#laneOf(topic));
    this.#lanes.wake();
    this.#standstill = new Standstill(options, this.#lanes.depth > 0);
    if (this.#lanes.depth === 0) return;
    options.log?.(`Publishing ${this.#lanes.depth} messages that an earlier relay left on disk.`, 'INFO');
    void this.#watch();
  }

  /** Takes messages in their order; never waits. */
  put(all: readonly FeedMessages[]): void {
    for (const { topic, messages } of all) {
      if (messages.length === 0) continue;
      this.#seq += 1;
      this.#lanes.of(topic).put(messages, this.#seq);
    }
    this.#look();
    if (!this.#isWatching && this.#lanes.depth > 0) void this.#watch();
  }

  /** `pause`: do not read sockets now. */
  pressure(): 'calm' | 'pause' {
    const canSpill = this.#spills.size > 0 && !this.#lanes.hasDiskError;
    return this.#standstill.pressure({ bytes: this.#lanes.bytes, isHeld: this.#isHeld, canSpill });
  }

  stats(): OutboxStats {
    const { oldestMs } = this.#lanes;
    return {
      depth: this.#lanes.depth,
      bytes: this.#lanes.bytes,
      spilledMessages: this.#lanes.spilled,
      spilledBytes: [...this.#spills.values()].reduce((sum, { bytes }) => sum + bytes, 0),
      dropped: this.#dropped,
      published: this.#published,
      oldestAgeMs: Number.isFinite(oldestMs) ? this.#options.clock.now() - oldestMs : null,
      pressure: this.pressure(),
      lastError: this.#lanes.error,
    };
  }

  /** Publishes nothing any more, but for what is under way; keeps what is put. */
  hold(): void {
    this.#isHeld = true;
    this.#stamp = asIs;
  }

  /** Publishes what it kept, and what is put from now on. `stamp` is given each message as it leaves. */
  release(stamp: Stamp, onPublished: OnPublished): void {
    this.#stamp = stamp;
    this.#onPublished = onPublished;
    this.#isHeld = false;
    this.#lanes.wake();
  }

  /** While held: removes what another has published. `putMs`: -Infinity for what is on disk. */
  async forget(
    isPublished: (topic: TopicName, message: OutgoingMessage, putMs: number) => boolean,
  ): Promise<void> {
    for (const [topic, lane] of this.#lanes.entries) {
      await lane.forget((message, putMs) => isPublished(topic, message, putMs));
    }
  }

  /**
   * Publishes all that was put, for at most so long; the rest is left on disk. What is held is another's to publish.
   * Idempotent. @throws UpstreamError where messages are lost, since there is no disk to leave them on.
   */
  drain(withinMs: number): Promise<void> {
    this.#drained ??= this.#drain(withinMs);
    return this.#drained;
  }

  async #drain(withinMs: number): Promise<void> {
    const { clock } = this.#options;
    this.#lanes.of(SNAPSHOTS).settle(this.#seq);
    const deadline = new AbortController();
    this.#wakeDrain = () => {
      if (this.#lanes.depth === 0) deadline.abort();
    };
    this.#wakeDrain();
    if (!this.#isHeld) await clock.until(clock.now() + withinMs, deadline.signal);
    this.#closing.abort();
    const left = this.#lanes.depth;
    await this.#leaveOnDisk(left).finally(this.#unlock);
  }

  async #leaveOnDisk(left: number): Promise<void> {
    await this.#lanes.end((lane) => (this.#isHeld ? lane.abandon() : lane.close()));
    if (left === 0 || this.#isHeld) return;
    const reason = (this.stats().lastError ?? 'the bus took nothing in time').replace(/\.$/, '');
    if (this.#spills.size === 0) {
      throw new UpstreamError(
        `Expected to publish ${left} messages before stopping, got: ${reason}. They are lost.`,
      );
    }
    this.#options.log?.(`Left ${left} messages in ${this.#options.spillDir} for the next relay: ${reason}.`);
  }

  #laneOf(topic: TopicName): Lane {
    const { bus, clock } = this.#options;
    return new Lane({
      topic,
      clock,
      spill: this.#spills.get(topic) ?? null,
      publish: (to, all) =>
        bus.publish(
          to,
          all.map((each) => this.#stamp(to, each)),
        ),
      limit: () => this.#limitOf(topic),
      isHeld: () => this.#isHeld,
      onProgress: (of, messages) => this.#progressed(of, messages),
      onWritten: () => this.#look(),
      onTrouble: (line) => this.#options.log?.(line),
    });
  }

  /** A snapshot lets event time pass the trades before it, and what is put together with it comes in its order. */
  #limitOf(topic: TopicName): number {
    if (topic !== SNAPSHOTS) return Number.POSITIVE_INFINITY;
    return Math.min(this.#seq, this.#lanes.of(TRADES).oldestSeq - 1);
  }

  #progressed(topic: TopicName, messages: readonly OutgoingMessage[]): void {
    this.#published += messages.length;
    this.#onPublished(topic, messages);
    if (topic === TRADES) this.#lanes.of(SNAPSHOTS).wake();
    this.#look();
    this.#wakeDrain();
  }

  async #watch(): Promise<void> {
    this.#isWatching = true;
    while (this.#lanes.depth > 0 && !this.#closing.signal.aborted) {
      const { clock } = this.#options;
      await clock.until(clock.now() + LOOK_MS, this.#closing.signal);
      this.#look();
    }
    this.#isWatching = false;
  }

  #look(): void {
    const { clock, stallMs = STALL_MS } = this.#options;
    const now = clock.now();
    const isStalled = !this.#isHeld && this.#lanes.isStalled(now, stallMs);
    const isOnDisk = this.#lanes.spilled > 0;
    this.#standstill.look(now, { isStalled, isOnDisk, isHeld: this.#isHeld, bytes: this.#lanes.bytes });
    if (this.#standstill.isRelieving) this.#relieve(now);
    if (this.#claimsDueMs === null || now < this.#claimsDueMs) return;
    this.#claimsDueMs = null;
    this.#lanes.of(SNAPSHOTS).settle(this.#seq);
  }

  #relieve(now: number): void {
    for (const [topic, lane] of this.#lanes.entries) {
      const isDue = lane.queueBytes >= WRITE_BYTES || now - lane.oldestQueuedMs >= WRITE_EVERY_MS;
      if (topic === SNAPSHOTS) this.#dropSnapshots(lane);
      else if (isDue) lane.spillOver();
    }
  }

  #dropSnapshots(lane: Lane): void {
    const { snapshotBytes = 2 << 20, onDropped } = this.#options;
    if (lane.queueBytes <= snapshotBytes) return;
    const dropped = lane.dropTo(snapshotBytes * DROP_TO);
    this.#dropped += dropped.length;
    // Those that are left must not let event time pass the dropped seconds before these are claimed.
    lane.delay();
    this.#claimsDueMs = this.#options.clock.now() + CLAIMS_MS;
    onDropped({ topic: SNAPSHOTS, messages: dropped.map(({ message }) => message) });
  }
}
