/** Bybit's names of streams (`publicTrade.BTCUSDT`) to ours and back. */
import { ConfigError } from '../../../schemas/errors.ts';
import type { Stream, StreamKind } from '../market-event.ts';

/** Levels a side that Bybit offers, and so may be asked for. */
export const BOOK_DEPTHS = [50, 200, 1000] as const;
export type BookDepth = (typeof BOOK_DEPTHS)[number];

/**
 * 200 levels come every 100 ms, 50 every 20 ms, 1000 every 200 ms. Depth is published in bands from 5 bps on, once a
 * second: of BTC, 50 levels reach 1 bp and 200 reach 5 (captured 2026-08-09), in a fifth of the frames. 1000 levels
 * reach some 25 bps, at five times the state of each book and its resync.
 */
export const DEFAULT_BOOK_DEPTH: BookDepth = 200;

/** Bars that ours are checked against. */
const KLINE_MINUTES = '1';

export function topicOf({ kind, symbol }: Stream, depth: BookDepth): string {
  return `${prefixOf(kind, depth)}${symbol}`;
}

/** Null where the topic is of no stream we know. The depth of a book and the length of a bar are not looked at. */
export function streamOf(topic: string): Stream | null {
  const [, name, symbol] =
    /^(publicTrade|orderbook\.\d+|tickers|kline\.\w+)\.([^.]{1,64})$/.exec(topic) ?? [];
  return symbol === undefined ? null : { kind: KIND_OF[name!.split('.')[0]!]!, symbol };
}

/** @throws ConfigError for a depth Bybit does not offer. */
export function checkBookDepth(depth: number): BookDepth {
  const known = BOOK_DEPTHS.find((each) => each === depth);
  if (known) return known;
  throw new ConfigError(`Expected a book depth of ${BOOK_DEPTHS.join(', ')}, got ${depth}.`);
}

/** What topics of the kind begin with. */
export function prefixOf(kind: StreamKind, depth: BookDepth): string {
  switch (kind) {
    case 'trades':
      return 'publicTrade.';
    case 'book':
      return `orderbook.${depth}.`;
    case 'ticker':
      return 'tickers.';
    case 'kline':
      return `kline.${KLINE_MINUTES}.`;
  }
}

const KIND_OF: Readonly<Record<string, StreamKind>> = {
  publicTrade: 'trades',
  orderbook: 'book',
  tickers: 'ticker',
  kline: 'kline',
};
