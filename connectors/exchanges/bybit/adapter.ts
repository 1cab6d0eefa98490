/** Bybit v5, linear perpetuals: all that the relay needs to know of it. */
import type { VenueAdapter } from '../venue.ts';
import { bybitMapper } from './map.ts';
import { BYBIT_REST_URL, BybitRest } from './rest.ts';
import { checkBookDepth, DEFAULT_BOOK_DEPTH } from './streams.ts';
import { BYBIT_LIMITS, BYBIT_LINEAR_URL, BYBIT_PING, bybitRequests } from './subscribe.ts';

export interface BybitOptions {
  /** Others than Bybit's own are its twin's. */
  readonly wsUrl?: string;
  readonly restUrl?: string;
  /** Levels a side: 50, 200 or 1000. */
  readonly bookDepth?: number;
}

/** @throws ConfigError for a depth Bybit does not offer. */
export function bybitAdapter(options: BybitOptions = {}): VenueAdapter {
  const depth = checkBookDepth(options.bookDepth ?? DEFAULT_BOOK_DEPTH);
  return {
    venue: 'bybit',
    wsUrl: options.wsUrl ?? BYBIT_LINEAR_URL,
    restUrl: options.restUrl ?? BYBIT_REST_URL,
    bookDepth: depth,
    // Books and tickers begin with a snapshot; a trade that was missed comes from REST, if at all.
    streams: ['trades', 'book', 'ticker', 'kline'],
    limits: BYBIT_LIMITS,
    // Ids are UUIDs; exchange seqs are counted over all that happens, not over trades.
    hasContiguousIds: false,
    ping: BYBIT_PING,
    mapper: () => bybitMapper(depth),
    subscribe: (streams, nextId) => bybitRequests('subscribe', streams, depth, nextId),
    unsubscribe: (streams, nextId) => bybitRequests('unsubscribe', streams, depth, nextId),
    rest: (rest) => new BybitRest(rest),
  };
}
