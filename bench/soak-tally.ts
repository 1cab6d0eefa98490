/** What a soak's bus was given, counted. */
import type { OutgoingMessage } from '../connectors/bus/port.ts';
import { FeedEvent } from '../schemas/feed-event.ts';
import { positionOf } from '../schemas/feed-position.ts';
import type { TopicName } from '../schemas/topics.ts';
import { readBatchHeader } from '../schemas/trade-batch.ts';

const UNPROVEN = '"connected":false';

export class SoakTally {
  trades = 0;
  /** Batches whose positions do not follow on those before. */
  misplaced = 0;
  snapshots = 0;
  /** Seconds that were not proven when told, and those vouched for later. */
  unproven = 0;
  claimed = 0;
  readonly events: Record<string, number> = {};
  readonly #until = new Map<string, number>();

  take(topic: TopicName, messages: readonly OutgoingMessage[]): void {
    for (const message of messages) {
      if (topic === 'raw-tick-data') this.#batch(message);
      else if (topic === 'book-snapshots') this.#snapshot(message);
      else if (topic === 'feed-events') this.#event(message);
      else throw new Error(`Expected nothing on ${topic}, got a message.`);
    }
  }

  #batch({ attributes, orderingKey, data }: OutgoingMessage): void {
    const { from, to } = positionOf(attributes)!;
    if ((this.#until.get(orderingKey) ?? 0) !== from) this.misplaced++;
    this.#until.set(orderingKey, to);
    this.trades += to - from;
    if (to > from) return;
    const { claim } = readBatchHeader(data);
    if (claim) this.claimed += (claim.toMs - claim.fromMs) / 1_000;
  }

  #snapshot({ data }: OutgoingMessage): void {
    this.snapshots++;
    if (Buffer.from(data.buffer, data.byteOffset, data.length).includes(UNPROVEN)) this.unproven++;
  }

  #event({ data }: OutgoingMessage): void {
    const { kind } = FeedEvent.parse(JSON.parse(Buffer.from(data).toString()));
    this.events[kind] = (this.events[kind] ?? 0) + 1;
  }
}
