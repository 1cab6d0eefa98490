/** A venue whose frames are market events as JSON. */
import { WireFormatError } from '../../schemas/errors.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { MarketEvent, Stream } from '../exchanges/market-event.ts';
import type { VenueAdapter } from '../exchanges/venue.ts';

export const START = Date.UTC(2026, 2, 1, 12);

export function tradeAt(ts: number, n: number, size = 1): TradeRow {
  return { tradeId: String(n), seq: n, ts, price: 100 + (n % 7), size, side: n % 2 ? 'BUY' : 'SELL' };
}

/** Frames are market events as JSON; requests are what was asked for. */
export function tinyAdapter(options: Partial<VenueAdapter> = {}): VenueAdapter {
  const request = (op: string) => (streams: readonly Stream[], nextId: () => number) => {
    const requestId = String(nextId());
    return [{ requestId, streams, frame: JSON.stringify({ op, requestId, streams }) }];
  };
  return {
    venue: 'bybit',
    wsUrl: 'wss://tiny',
    restUrl: 'https://tiny',
    ping: null,
    hasContiguousIds: false,
    streams: ['trades', 'book'],
    limits: { streamsPerConnection: 100, requestsPerSecond: 1_000 },
    mapper: () => (frame) => {
      if (!frame.startsWith('[')) throw new WireFormatError(`Expected a JSON array, got ${frame}.`);
      return JSON.parse(frame) as MarketEvent[];
    },
    subscribe: request('subscribe'),
    unsubscribe: request('unsubscribe'),
    rest: () => {
      throw new Error('The feed asks for no REST by itself.');
    },
    ...options,
  };
}
