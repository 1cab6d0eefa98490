/** Kraken's channels and ours; and what we send: requests of one channel for many pairs, and pings. */
import { ConfigError, InvariantError } from '../../../schemas/errors.ts';
import { STREAM_KINDS, type Stream, type StreamKind } from '../market-event.ts';
import type { ConnectionLimits, SubscribeRequest } from '../venue.ts';

export const KRAKEN_WS_URL = 'wss://ws.kraken.com/v2';
export const KRAKEN_PING = { frame: JSON.stringify({ method: 'ping' }), everyMs: 20_000 } as const;

/** Neither number is documented ("Exceeded msg rate" tells that there is one); each request carries many pairs. */
export const KRAKEN_LIMITS: ConnectionLimits = { streamsPerConnection: 600, requestsPerSecond: 5 };

/** Levels a side that Kraken offers; it refuses others. */
export const BOOK_DEPTHS = [10, 25, 100, 500, 1000] as const;
export type BookDepth = (typeof BOOK_DEPTHS)[number];

/**
 * The order-book check looks at 25 bps. Ten levels of BTC/USD reach 1 bp (captured 2026-07-19), so that takes some 250
 * to 500. The checksum covers the best ten, whatever the depth: a wrong level below is found once it comes up.
 */
export const DEFAULT_BOOK_DEPTH: BookDepth = 500;

/** Trades first: they cannot be had again. There is no ticker: spot has neither funding nor a mark price. */
export const KRAKEN_STREAMS: readonly StreamKind[] = ['trades', 'book', 'kline'];

const CHANNELS = { trades: 'trade', book: 'book', kline: 'ohlc' } as const;
export const CHANNEL_KINDS: ReadonlyMap<string, StreamKind> = new Map([
  ['trade', 'trades'],
  ['book', 'book'],
  ['ohlc', 'kline'],
]);

/** So that acknowledgements, one a pair, do not all come at once. */
const MAX_SYMBOLS = 100;

export type Method = 'subscribe' | 'unsubscribe';

/** @throws ConfigError for a depth Kraken does not offer. */
export function checkBookDepth(depth: number): BookDepth {
  const known = BOOK_DEPTHS.find((each) => each === depth);
  if (known) return known;
  throw new ConfigError(`Expected a book depth of ${BOOK_DEPTHS.join(', ')}, got ${depth}.`);
}

/** Requests of one channel each, in the order in which the streams first name theirs. */
export function krakenRequests(
  method: Method,
  streams: readonly Stream[],
  depth: BookDepth,
  nextId: () => number,
): SubscribeRequest[] {
  const requests: SubscribeRequest[] = [];
  for (const [kind, ofKind] of Map.groupBy(streams, (stream) => stream.kind)) {
    for (let at = 0; at < ofKind.length; at += MAX_SYMBOLS) {
      const some = ofKind.slice(at, at + MAX_SYMBOLS);
      const number = nextId() * STREAM_KINDS.length + STREAM_KINDS.indexOf(kind);
      const symbol = some.map((stream) => stream.symbol);
      const params = { ...channelOf(kind, depth), symbol, ...(method === 'subscribe' && { snapshot: true }) };
      const frame = JSON.stringify({ method, params, req_id: number });
      requests.push({ requestId: String(number), streams: some, frame });
    }
  }
  return requests;
}

/** Kind of the streams of the request with this number: a request is of one kind, and refusals do not name it. */
export function kindOfRequest(requestId: string): StreamKind | null {
  return STREAM_KINDS[Number(requestId) % STREAM_KINDS.length] ?? null;
}

function channelOf(kind: StreamKind, depth: BookDepth): Readonly<Record<string, string | number>> {
  if (kind === 'book') return { channel: CHANNELS.book, depth };
  if (kind === 'kline') return { channel: CHANNELS.kline, interval: 1 };
  if (kind === 'trades') return { channel: CHANNELS.trades };
  throw new InvariantError(`Expected a stream of Kraken (${KRAKEN_STREAMS.join(', ')}), got ${kind}.`);
}
