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

  constructor(before: Position | null) {
    this.#until = structuredClone(before?.until ?? {});
  }

  add(topic: TopicName, messages: readonly OutgoingMessage[]): void {
    this.#until[topic] ??= {};
    const keys = this.#until[topic];
    for (const { orderingKey: key, attributes } of messages) {
      keys[key] = Math.max(keys[key] ?? Number.NEGATIVE_INFINITY, eventTimeOf(attributes));
    }
  }

  /** `recovering`: where the trades of a key are not whole from a time on, since some are still being recovered. */
  position(since: number, recovering: ReadonlyMap<string, number>): Position {
    const until = structuredClone(this.#until);
    for (const keys of Object.values(until)) {
      for (const [key, from] of recovering) if (from < (keys[key] ?? from)) keys[key] = from;
    }
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
