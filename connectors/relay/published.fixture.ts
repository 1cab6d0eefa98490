/** A bus that keeps what it was given, read back as what it means. */
import { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { DeadLetter } from '../../schemas/dead-letter.ts';
import { FeedEvent } from '../../schemas/feed-event.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { Trade } from '../../schemas/trade.ts';
import { decodeTradeBatch } from '../../schemas/trade-batch.ts';
import type { MessageBus, OutgoingMessage } from '../bus/port.ts';

export class Published implements MessageBus {
  readonly messages = new Map<TopicName, OutgoingMessage[]>();
  /** Set to make `publish` wait or fail. */
  before: (topic: TopicName) => Promise<void> = async () => {};

  async publish(topic: TopicName, messages: readonly OutgoingMessage[]): Promise<void> {
    await this.before(topic);
    this.messages.set(topic, [...this.of(topic), ...messages]);
  }

  subscribe(): never {
    throw new Error('Nobody subscribes here.');
  }

  async close(): Promise<void> {}

  of(topic: TopicName): readonly OutgoingMessage[] {
    return this.messages.get(topic) ?? [];
  }

  /** Trades of each batch, in the order of publication. */
  batches(symbol: string): Trade[][] {
    return this.of('raw-tick-data')
      .map(({ data }) => decodeTradeBatch(data))
      .filter(({ header }) => header.symbol === symbol)
      .map((batch) => Array.from({ length: batch.count }, (_, row) => batch.trade(row)));
  }

  /** True where batches and snapshots vouch for each second of [fromMs, toMs). */
  claimed(symbol: string, fromMs: number, toMs: number): boolean {
    const claims = this.of('raw-tick-data')
      .map(({ data }) => decodeTradeBatch(data).header)
      .filter((header) => header.symbol === symbol)
      .flatMap(({ claim }) => claim ?? []);
    const healthy = new Set(this.snapshots(symbol).flatMap(({ ts, connected }) => (connected ? ts : [])));
    for (let second = fromMs; second < toMs; second += 1_000) {
      const isClaimed = claims.some((claim) => claim.fromMs <= second && second + 1_000 <= claim.toMs);
      if (!isClaimed && !healthy.has(second)) return false;
    }
    return true;
  }

  snapshots(symbol: string): BookSnapshot[] {
    return this.of('book-snapshots')
      .map(({ data }) => BookSnapshot.parse(json(data)))
      .filter((snapshot) => snapshot.symbol === symbol);
  }

  events(): FeedEvent[] {
    return this.of('feed-events').map(({ data }) => FeedEvent.parse(json(data)));
  }

  deadLetters(): DeadLetter[] {
    return this.of('dead-letters').map(({ data }) => DeadLetter.parse(json(data)));
  }
}

function json(data: Uint8Array): unknown {
  return JSON.parse(Buffer.from(data).toString());
}
