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
   * To be told now. `recovering`: streams of which earlier trades may still come; where they stand is not moved from
   * where it was told to be, so that the other keeps what it has of them, for `MOST_HELD_MS` at most.
   */
  position(since: number, recovering: ReadonlySet<string>): Position {
    const until = structuredClone(this.#until);
    for (const [topic, keys] of Object.entries(until)) {
      for (const key of Object.keys(keys)) {
        const told = this.#told[topic]?.[key];
        const mayStay = recovering.has(key) && told !== undefined && keys[key]! - told < MOST_HELD_MS;
        if (mayStay) keys[key] = told;
      }
    }
    this.#told = until;
    return { since, until };
  }
}

/** Where a message ends in event time: of a batch, no trade of it is newer, nor any second that it vouches for. */
export function endOf(topic: TopicName, { data, attributes }: OutgoingMessage): number {
  const ts = eventTimeOf(attributes);
  if (topic !== 'raw-tick-data') return ts;
  const { last, claim } = readBatchHeader(data);
  return Math.max(ts, last?.ts ?? ts, claim?.toMs ?? ts);
}
