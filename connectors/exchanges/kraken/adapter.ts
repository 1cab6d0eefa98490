/** Kraken spot (WebSocket v2) as relay and warm start see it. */
import type { VenueAdapter } from '../venue.ts';
import { krakenMapper } from './map.ts';
import { KRAKEN_REST_URL, krakenRest } from './rest.ts';
import {
  checkBookDepth,
  DEFAULT_BOOK_DEPTH,
  KRAKEN_LIMITS,
  KRAKEN_PING,
  KRAKEN_STREAMS,
  KRAKEN_WS_URL,
  krakenRequests,
} from './streams.ts';

export interface KrakenOptions {
  /** The twin's, in a simulation. */
  readonly wsUrl?: string;
  readonly restUrl?: string;
  /** Levels a side: 10, 25, 100, 500 or 1000. */
  readonly bookDepth?: number;
}

/** Symbols are v2's: `BTC/USDT`. @throws ConfigError for a depth Kraken does not offer. */
export function krakenAdapter(options: KrakenOptions = {}): VenueAdapter {
  const { wsUrl = KRAKEN_WS_URL, restUrl = KRAKEN_REST_URL } = options;
  const depth = checkBookDepth(options.bookDepth ?? DEFAULT_BOOK_DEPTH);
  return {
    venue: 'kraken',
    wsUrl,
    restUrl,
    bookDepth: depth,
    streams: KRAKEN_STREAMS,
    limits: KRAKEN_LIMITS,
    // Recorded: 26,947 ids in five days of BTC/USDT; only those between two pages of the recorder are missing.
    hasContiguousIds: true,
    ping: KRAKEN_PING,
    mapper: () => krakenMapper(depth),
    subscribe: (streams, nextId) => krakenRequests('subscribe', streams, depth, nextId),
    unsubscribe: (streams, nextId) => krakenRequests('unsubscribe', streams, depth, nextId),
    rest: krakenRest,
  };
}
