/** One reader of a topic: hands messages out in order, takes them back, and remembers what is settled. */
import { InvariantError } from '../../../schemas/errors.ts';
import type { Clock } from '../../clock/port.ts';
import type { Delivery, SubscribeOptions, Subscription } from '../port.ts';
import type { AckRanges } from './ack-ranges.ts';
import { Handed, type Taken } from './handed.ts';
import type { StoredMessage } from './message.ts';
import { PendingTimes } from './pending-times.ts';

/** Pub/Sub's own longest deadline. Unit: ms. */
const ACK_DEADLINE_MS = 600_000;

/** What a subscription asks of its topic. */
export interface Feed {
  /** Offset the next message will get. */
  readonly end: number;
  /** The message, where it is in memory. */
  at(offset: number): StoredMessage | undefined;
  /** Messages at or behind an offset, from disk. */
  read(offset: number): Promise<readonly StoredMessage[]>;
  /** True as long as this subscription is the one that may settle under its name. */
  isOwner(subscription: EmbeddedSubscription): boolean;
  settled(offset: number): void;
  moved(): void;
  closed(subscription: EmbeddedSubscription): Promise<void>;
}

/**
 * A message is in one of four places: settled (`acks`), taken (handed out), again (taken back), or ahead (at or
 * behind `#cursor`). What was taken back goes out before anything ahead, lowest offset first; and whenever a
 * message is taken back, so are the taken ones behind it in its key. Hence the order within every key.
 */
export class EmbeddedSubscription implements Subscription {
  readonly #feed: Feed;
  readonly #clock: Clock;
  readonly #acks: AckRanges;
  readonly #maxOutstanding: number;
  readonly #ackDeadlineMs: number;
  readonly #closing = new AbortController();
  /** By offset, in the order they were handed out, hence by deadline. */
  readonly #taken = new Map<number, Taken>();
  /** By offset, highest first: the next to go is the last. */
  readonly #again: Taken[] = [];
  /** Only a pull needs the order; what refuses thousands, one by one, does not pay for it each time. */
  #isAgainSorted = true;
  #cursor: number;
  /** Read from disk, from `#cursor` on at `#blockAt`. */
  #block: readonly StoredMessage[] = [];
  #blockAt = 0;
  /** Read from disk, because some of them were taken back. */
  #backBlock: readonly StoredMessage[] = [];
  readonly #ahead = new PendingTimes();
  #isWatching = false;
  #turn: Promise<unknown> = Promise.resolve();
  #wake: (() => void) | null = null;

  constructor(feed: Feed, clock: Clock, acks: AckRanges, options: SubscribeOptions = {}) {
    this.#feed = feed;
    this.#clock = clock;
    this.#acks = acks;
    this.#cursor = acks.floor;
    this.#maxOutstanding = options.maxOutstanding ?? Number.POSITIVE_INFINITY;
    this.#ackDeadlineMs = options.ackDeadlineMs ?? ACK_DEADLINE_MS;
  }

  /** The first offset not handed out yet. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Told of every message at or behind the cursor, in order. */
  added(messages: readonly StoredMessage[]): void {
    for (const { offset, eventTimeMs } of messages) {
      if (!this.#acks.has(offset)) this.#ahead.push(offset, eventTimeMs);
    }
    this.#wake?.();
  }

  pull(max: number): Promise<readonly Delivery[]> {
    const turn = this.#turn.then(() => this.#pull(max));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  oldestPending(): number | undefined {
    let oldest = this.#ahead.smallest() ?? Number.POSITIVE_INFINITY;
    for (const { eventTimeMs } of this.#again) if (eventTimeMs < oldest) oldest = eventTimeMs;
    return Number.isFinite(oldest) ? oldest : undefined;
  }

  backlog(): number {
    return this.#feed.end - this.#acks.count;
  }

  /** What is still handed out may be settled until the bus closes, or the subscription is opened again. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#wake?.();
    await this.#feed.closed(this);
  }

  async #pull(max: number): Promise<readonly Delivery[]> {
    while (!this.#closing.signal.aborted) {
      const room = Math.min(max, this.#maxOutstanding - this.#taken.size);
      const deliveries = room > 0 ? this.#take(room) : [];
      if (deliveries.length > 0) return deliveries;
      if (room > 0 && this.#again.length > 0) this.#backBlock = await this.#read(this.#again.at(-1)!.offset);
      else if (room > 0 && this.#cursor < this.#feed.end) await this.#readAhead();
      else await this.#change();
    }
    return [];
  }

  #take(max: number): Delivery[] {
    if (!this.#isAgainSorted) this.#again.sort((a, b) => b.offset - a.offset);
    this.#isAgainSorted = true;
    const deadlineMs = this.#clock.now() + this.#ackDeadlineMs;
    const deliveries: Handed[] = [];
    while (deliveries.length < max) {
      const back = this.#again.at(-1);
      const message = back ? this.#back(back.offset) : this.#next();
      if (!message) break;
      if (back) this.#again.pop();
      const { offset, orderingKey, eventTimeMs } = message;
      const attempt = (back?.attempt ?? 0) + 1;
      const taken = { offset, orderingKey, eventTimeMs, attempt, deadlineMs };
      this.#taken.set(offset, taken);
      deliveries.push(new Handed(this, message, taken));
    }
    if (this.#again.length === 0) this.#backBlock = [];
    this.#ahead.dropBefore(this.#cursor);
    if (deliveries.length > 0) {
      this.#feed.moved();
      void this.#watchDeadlines();
    }
    return deliveries;
  }

  /** The next message ahead that is not settled, as far as it is in memory. */
  #next(): StoredMessage | undefined {
    for (;;) {
      const message = this.#block[this.#blockAt] ?? this.#feed.at(this.#cursor);
      if (!message) return undefined;
      if (this.#blockAt < this.#block.length) this.#blockAt++;
      this.#cursor = message.offset + 1;
      if (!this.#acks.has(message.offset)) return message;
    }
  }

  /** A message that was taken back, where it is in memory. */
  #back(offset: number): StoredMessage | undefined {
    const first = this.#backBlock[0]?.offset ?? offset;
    return this.#feed.at(offset) ?? this.#backBlock[offset - first];
  }

  async #readAhead(): Promise<void> {
    this.#block = await this.#read(this.#cursor);
    this.#blockAt = 0;
  }

  async #read(offset: number): Promise<readonly StoredMessage[]> {
    const block = await this.#feed.read(offset);
    if (block.length > 0) return block;
    throw new InvariantError(`Expected message ${offset} of ${this.#feed.end} in the log, got nothing.`);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null;
        resolve();
      };
    });
  }

  /** A delivery that was taken back, or belongs to a subscription opened anew, settles nothing. */
  settle(taken: Taken): void {
    const { offset } = taken;
    if (this.#taken.get(offset) !== taken || !this.#feed.isOwner(this)) return;
    this.#taken.delete(offset);
    this.#acks.add(offset, offset + 1);
    this.#feed.settled(offset);
    this.#wake?.();
  }

  refuse(taken: Taken): void {
    if (this.#taken.get(taken.offset) === taken) this.#takeBack([taken]);
  }

  #takeBack(refused: readonly Taken[]): void {
    const back = new Set(refused);
    const firstOfKey = new Map<string, number>();
    for (const { orderingKey, offset } of refused) {
      if (orderingKey === '') continue;
      firstOfKey.set(orderingKey, Math.min(firstOfKey.get(orderingKey) ?? offset, offset));
    }
    if (firstOfKey.size > 0) {
      for (const taken of this.#taken.values()) {
        const first = firstOfKey.get(taken.orderingKey);
        if (first !== undefined && taken.offset > first) back.add(taken);
      }
    }
    for (const { offset } of back) this.#taken.delete(offset);
    for (const taken of back) this.#again.push(taken);
    this.#isAgainSorted = false;
    this.#wake?.();
  }

  async #watchDeadlines(): Promise<void> {
    if (this.#isWatching || this.#ackDeadlineMs === Number.POSITIVE_INFINITY) return;
    this.#isWatching = true;
    const { signal } = this.#closing;
    for (;;) {
      const first = this.#taken.values().next().value;
      if (!first || signal.aborted) break;
      await this.#clock.until(first.deadlineMs, signal);
      const now = this.#clock.now();
      const expired = [...this.#taken.values()].filter((taken) => taken.deadlineMs <= now);
      if (expired.length > 0 && !signal.aborted) this.#takeBack(expired);
    }
    this.#isWatching = false;
  }
}
