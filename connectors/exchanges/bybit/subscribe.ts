/** What we send to Bybit's public WebSocket: subscriptions in requests of at most ten topics, and pings. */
import type { Stream } from '../market-event.ts';
import type { ConnectionLimits, SubscribeRequest } from '../venue.ts';
import { type BookDepth, topicOf } from './streams.ts';

export const BYBIT_LINEAR_URL = 'wss://stream.bybit.com/v5/public/linear';

/** Bybit closes a connection that was silent; it asks for a ping each 20 s. */
export const BYBIT_PING = { frame: JSON.stringify({ op: 'ping' }), everyMs: 20_000 } as const;

/**
 * The args of all requests of one connection may not exceed 21,000 characters: 500 topics of 42 with quotes and comma,
 * `"orderbook.1000."` and a symbol of up to 24 characters (the longest of 800 listed has 19). How many requests a second
 * are borne is not documented; ten start the 25 symbols at once.
 */
export const BYBIT_LIMITS: ConnectionLimits = { streamsPerConnection: 500, requestsPerSecond: 10 };

/** Bybit refuses a request with more args as a whole (`args size >10`). */
const MAX_ARGS = 10;

export type Operation = 'subscribe' | 'unsubscribe';

/** Requests in the order of the streams, each carrying the number that `nextId` gives. */
export function bybitRequests(
  op: Operation,
  streams: readonly Stream[],
  depth: BookDepth,
  nextId: () => number,
): SubscribeRequest[] {
  const requests: SubscribeRequest[] = [];
  for (let at = 0; at < streams.length; at += MAX_ARGS) {
    requests.push(request(op, streams.slice(at, at + MAX_ARGS), depth, nextId()));
  }
  return requests;
}

function request(
  op: Operation,
  streams: readonly Stream[],
  depth: BookDepth,
  number: number,
): SubscribeRequest {
  const requestId = String(number);
  const args = streams.map((stream) => topicOf(stream, depth));
  return { requestId, streams, frame: JSON.stringify({ req_id: requestId, op, args }) };
}
