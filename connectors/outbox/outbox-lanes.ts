/** The topics of an outbox, taken together. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvariantError, messageOf, UpstreamError } from '../../schemas/errors.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { onDisk } from '../bus/embedded/files.ts';
import { lockFolder } from '../bus/embedded/lock.ts';
import type { Lane } from './outbox-lane.ts';
import type { OutboxOptions } from './outbox-options.ts';
import { Spill } from './spill.ts';

/** What a feed publishes. */
export const FEED_TOPICS = ['raw-tick-data', 'book-snapshots', 'feed-events', 'dead-letters'] as const;

export interface Spills {
  readonly spills: ReadonlyMap<TopicName, Spill>;
  /** Lets another process use the folder. */
  readonly unlock: () => void;
}

/** The place on disk of each topic; none without a folder. @throws UpstreamError where it cannot be used alone. */
export async function openSpills({ spillDir, segmentBytes, openFile }: OutboxOptions): Promise<Spills> {
  const spills = new Map<TopicName, Spill>();
  if (spillDir === null) return { spills, unlock: () => {} };
  await onDisk(spillDir, () => mkdir(spillDir, { recursive: true }));
  const unlock = lockFolder(spillDir);
  try {
    for (const topic of FEED_TOPICS) {
      spills.set(topic, await Spill.open({ dir: join(spillDir, topic), segmentBytes, openFile }));
    }
    return { spills, unlock };
  } catch (error) {
    unlock();
    throw error;
  }
}

export class Lanes {
  readonly #lanes: ReadonlyMap<TopicName, Lane>;

  constructor(laneOf: (topic: TopicName) => Lane) {
    this.#lanes = new Map(FEED_TOPICS.map((topic) => [topic, laneOf(topic)]));
  }

  get entries(): readonly (readonly [TopicName, Lane])[] {
    return [...this.#lanes];
  }

  get all(): readonly Lane[] {
    return [...this.#lanes.values()];
  }

  /** In memory. */
  get bytes(): number {
    return this.all.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get depth(): number {
    return this.all.reduce((sum, { depth }) => sum + depth, 0);
  }

  get spilled(): number {
    return this.all.reduce((sum, { spilled }) => sum + spilled, 0);
  }

  /** Of the oldest message in memory; Infinity where there is none. */
  get oldestMs(): number {
    return Math.min(...this.all.map(({ oldestMs }) => oldestMs));
  }

  get hasDiskError(): boolean {
    return this.all.some(({ diskError }) => diskError !== null);
  }

  get error(): string | null {
    return this.all.flatMap(({ diskError, busError }) => diskError ?? busError ?? [])[0] ?? null;
  }

  isStalled(nowMs: number, stallMs: number): boolean {
    return this.all.some((lane) => lane.isStalled(nowMs, stallMs));
  }

  wake(): void {
    for (const lane of this.all) lane.wake();
  }

  /** Ends them all, whatever becomes of one. @throws UpstreamError where messages could not be left on disk. */
  async end(end: (lane: Lane) => Promise<void>): Promise<void> {
    const ended = await Promise.allSettled(this.all.map(end));
    const failed = ended.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
    if (!failed) return;
    const { reason: cause } = failed;
    throw new UpstreamError(
      `Expected to leave ${this.depth - this.spilled} messages on disk, got: ${messageOf(cause)} They are lost.`,
      { cause },
    );
  }

  /** @throws InvariantError where no feed publishes it. */
  of(topic: TopicName): Lane {
    const lane = this.#lanes.get(topic);
    if (lane) return lane;
    throw new InvariantError(`Expected a topic of a feed (${FEED_TOPICS.join(', ')}), got ${topic}.`);
  }
}
