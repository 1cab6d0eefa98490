/** Binance USDⓈ-M futures: all that the relay needs to know of it. */
import type { VenueAdapter } from '../venue.ts';
import { binanceMapper } from './map.ts';
import { BINANCE_REST_URL, BinanceRest } from './rest.ts';
import { BINANCE_LIMITS, BINANCE_WS_URL, binanceRequests, bookUrl } from './streams.ts';

export interface BinanceOptions {
  /** Others than Binance's own are a simulation's. Books come from the same address with `/public/` for `/market/`. */
  readonly wsUrl?: string;
  readonly restUrl?: string;
}

export function binanceAdapter(options: BinanceOptions = {}): VenueAdapter {
  const { wsUrl = BINANCE_WS_URL, restUrl = BINANCE_REST_URL } = options;
  return {
    venue: 'binance',
    wsUrl,
    elsewhere: { book: bookUrl(wsUrl) },
    restUrl,
    streams: ['trades', 'book', 'ticker', 'kline'],
    limits: BINANCE_LIMITS,
    // Recorded: 152,763 aggregate trades of LTCUSDT (spot); the 26 holes each lie in a silence of 4 s and more.
    hasContiguousIds: true,
    // Binance sends ping frames itself, which WebSocket clients answer.
    ping: null,
    mapper: binanceMapper,
    subscribe: (streams, nextId) => binanceRequests('SUBSCRIBE', streams, nextId),
    unsubscribe: (streams, nextId) => binanceRequests('UNSUBSCRIBE', streams, nextId),
    rest: (rest) => new BinanceRest(rest),
  };
}
