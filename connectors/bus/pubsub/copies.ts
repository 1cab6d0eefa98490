/** Recognises copies of messages by id: a message published twice, and one delivered again while it is still held. */
import { RecentIds, type RecentIdsOptions } from '../recent-ids.ts';

/** A message held by the reader, with every copy that came of it. */
export interface Held {
  readonly id: string;
  /** Newest handle of each copy, by the server's message id. */
  readonly ackIds: Map<string, string>;
}

/**
 * A copy of a held message shares its fate: it must not be acknowledged before, since the server may mean the very
 * message that would be lost with this process. A copy of one acknowledged lately is acknowledged at once. What was
 * given back is unknown again.
 */
export class Copies<T extends Held> {
  readonly #held = new Map<string, T>();
  readonly #acknowledged: RecentIds;

  constructor(options: RecentIdsOptions) {
    this.#acknowledged = new RecentIds(options);
  }

  get held(): IterableIterator<T> {
    return this.#held.values();
  }

  get size(): number {
    return this.#held.size;
  }

  /** What becomes of a delivery: joined to a held one, acknowledged before, or new (to be `hold`ed). */
  meet(id: string, messageId: string, ackId: string): 'joined' | 'acknowledged' | 'new' {
    const held = this.#held.get(id);
    if (held) {
      held.ackIds.set(messageId, ackId);
      return 'joined';
    }
    return this.#acknowledged.has(id) ? 'acknowledged' : 'new';
  }

  hold(held: T): void {
    this.#held.set(held.id, held);
  }

  acknowledged(held: T, nowMs: number): void {
    this.#held.delete(held.id);
    this.#acknowledged.add(held.id, nowMs);
  }

  givenBack(held: T): void {
    this.#held.delete(held.id);
  }
}
