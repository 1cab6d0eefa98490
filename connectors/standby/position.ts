/** How far a relay has published, as it tells the one that would take over from it. Pure. */
import { z } from 'zod';
import { eventTimeOf } from '../../schemas/pubsub-message.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { readBatchHeader } from '../../schemas/trade-batch.ts';
import type { OutgoingMessage } from '../bus/port.ts';

const Position = z.object({
  /** When its publisher became the one that publishes, on the market's clock. Unit: ms since the epoch. */
  since: z.number(),
  /** By topic and ordering key: everything of an event time before it is published. Unit: ms since the epoch. */
  until: z.record(z.string(), z.record(z.string(), z.number())),
});
export type Position = z.output<typeof Position>;

const SNAPSHOTS = 'book-snapshots';
const TRADES = 'raw-tick-data';
/** Trades that REST has not given by then will rarely come. Unit: market ms. */
const MOST_HELD_MS = 600_000;

export function encodePosition(position: Position): string {
  return JSON.stringify(position);
}

/** Null where there is none: then nothing is known to be published. */
export function decodePosition(text: string): Position | null {
  try {
    return Position.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Newest event time published, by topic and key. */
export class Published {
  readonly #until: Record<string, Record<string, number>>;
  #told: Position['until'];

  constructor(before: Position | null) {
    this.#told = before?.until ?? {};
    this.#until = structuredClone(this.#told);
  }

  add(topic: TopicName, messages: readonly OutgoingMessage[]): void {
    this.#until[topic] ??= {};
    const keys = this.#until[topic];
    for (const { orderingKey: key, attributes } of messages) {
      keys[key] = Math.max(keys[key] ?? Number.NEGATIVE_INFINITY, eventTimeOf(attributes));
    }
  }

  /**
   * To be told now. `recovering`: streams of which earlier trades may still come; where their trades stand is not moved
   * from where it was told to be, so that the other keeps what it has of them, for `MOST_HELD_MS` at most.
   */
  position(since: number, recovering: ReadonlySet<string>): Position {
    const until = structuredClone(this.#until);
    const trades = until[TRADES] ?? {};
    for (const key of recovering) {
      const [now, told] = [trades[key], this.#told[TRADES]?.[key]];
      if (now !== undefined && told !== undefined && now - told < MOST_HELD_MS) trades[key] = told;
    }
    this.#told = until;
    return { since, until };
  }
}

/** True where whoever began then received all that may not be published: every second that is not told was its own. */
export function hasAllSince({ until }: Position, startedMs: number): boolean {
  return Object.values(until[SNAPSHOTS] ?? {}).every((ms) => ms >= startedMs);
}

/** Where a message ends in event time: of a batch, no trade of it is newer, nor any second that it vouches for. */
export function endOf(topic: TopicName, { data, attributes }: OutgoingMessage): number {
  const ts = eventTimeOf(attributes);
  if (topic !== TRADES) return ts;
  const { last, claim } = readBatchHeader(data);
  return Math.max(ts, last?.ts ?? ts, claim?.toMs ?? ts);
}
