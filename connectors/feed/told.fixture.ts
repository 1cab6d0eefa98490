/** What a feed has answered, read as its readers read it. */
import { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { Candle } from '../../schemas/candle.ts';
import { DeadLetter } from '../../schemas/dead-letter.ts';
import { FeedEvent } from '../../schemas/feed-event.ts';
import type { Trade } from '../../schemas/trade.ts';
import { decodeBarBatch, decodeTradeBatch, readBatchHeader } from '../../schemas/trade-batch.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import type { FeedOutput } from './feed-io.ts';

export class Told {
  readonly outputs: FeedOutput[] = [];

  messages(topic: string): OutgoingMessage[] {
    return this.outputs.flatMap(({ messages }) =>
      messages.filter((each) => each.topic === topic).flatMap((each) => each.messages),
    );
  }

  /** Trades of the symbol in the order in which they were published. */
  published(symbol = 'X'): Trade[] {
    return this.#batches('trades', symbol).flatMap(({ data }) => {
      const batch = decodeTradeBatch(data);
      return Array.from({ length: batch.count }, (_, row) => batch.trade(row));
    });
  }

  claims(symbol = 'X') {
    return this.#batches('trades', symbol).flatMap(({ data }) => readBatchHeader(data).claim ?? []);
  }

  bars(symbol = 'X'): Candle[] {
    return this.#batches('bars', symbol).flatMap(({ data }) => decodeBarBatch(data).candles);
  }

  #batches(kind: string, symbol: string): OutgoingMessage[] {
    return this.messages('raw-tick-data').filter(({ data }) => {
      const header = readBatchHeader(data);
      return header.kind === kind && header.symbol === symbol;
    });
  }

  snapshots(symbol = 'X'): BookSnapshot[] {
    return this.messages('book-snapshots')
      .map(({ data }) => BookSnapshot.parse(json(data)))
      .filter((snapshot) => snapshot.symbol === symbol);
  }

  ledger(symbol = 'X'): FeedEvent[] {
    return this.messages('feed-events')
      .map(({ data }) => FeedEvent.parse(json(data)))
      .filter((event) => event.symbol === symbol);
  }

  deadLetters(): DeadLetter[] {
    return this.messages('dead-letters').map(({ data }) => DeadLetter.parse(json(data)));
  }

  /** Starts of seconds in [from, to) that neither a snapshot nor a claim vouches for. */
  unvouched(from: number, to: number, symbol = 'X'): number[] {
    const vouched = new Set(
      this.snapshots(symbol)
        .filter(({ connected }) => connected)
        .map(({ ts }) => ts),
    );
    for (const { fromMs, toMs } of this.claims(symbol)) {
      for (let second = Math.ceil(fromMs / 1_000) * 1_000; second + 1_000 <= toMs; second += 1_000) {
        vouched.add(second);
      }
    }
    const seconds = Array.from({ length: (to - from) / 1_000 }, (_, i) => from + i * 1_000);
    return seconds.filter((second) => !vouched.has(second));
  }
}

/** The ledger read as its schema says: which times are still missing. */
export function missing(ledger: readonly FeedEvent[]): { isIn(fromMs: number, toMs: number): boolean } {
  const entries = ledger.flatMap(({ kind, from, to }) =>
    from === null || to === null ? [] : [{ kind, from, to }],
  );
  const isMissing = (ms: number) => {
    let is = false;
    for (const { kind, from, to } of entries) {
      if (ms < from || ms >= to) continue;
      if (kind === 'GAP') is = true;
      else if (kind === 'RECOVERED') is = false;
    }
    return is;
  };
  // Nothing changes but where an entry begins or ends.
  const edges = entries.flatMap(({ from, to }) => [from, to]);
  return {
    isIn: (fromMs, toMs) => [fromMs, ...edges].some((ms) => ms >= fromMs && ms < toMs && isMissing(ms)),
  };
}

function json(data: Uint8Array): unknown {
  return JSON.parse(Buffer.from(data).toString());
}
