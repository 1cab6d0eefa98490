/** What a client of the simulated Kraken may ask for. */
import type { Stream } from '../../market-event.ts';

/** Levels a side. */
export const BOOK_DEPTHS = [10, 25, 100, 500, 1000] as const;

export interface Subscription {
  readonly channel: 'trade' | 'book' | 'ohlc';
  readonly symbol: string;
  /** Of books. */
  readonly depth: number | null;
  /** Of bars. Unit: minutes. */
  readonly interval: number | null;
}

const KINDS = { trade: 'trades', book: 'book', ohlc: 'kline' } as const;

export function subscriptionName({ channel, symbol, depth }: Subscription): string {
  return depth === null ? `${channel} ${symbol}` : `${channel} ${symbol} ${depth}`;
}

export function streamOf({ channel, symbol }: Subscription): Stream {
  return { kind: KINDS[channel], symbol };
}
