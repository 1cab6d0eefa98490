/** Binance's names of streams, where each is had, and the requests for them. */
import type { Stream, StreamKind } from '../market-event.ts';
import type { ConnectionLimits, SubscribeRequest } from '../venue.ts';

/**
 * Trades, prices and bars come from `/market`, books from `/public`. At a wrong address a subscription is taken and
 * nothing comes: https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Important-WebSocket-Change-Notice.
 * `/stream` wraps each frame with the name of its stream, which alone tells partial books from updates of whole ones.
 */
export const BINANCE_WS_URL = 'wss://fstream.binance.com/market/stream';

/**
 * Aggregate trades have numbers without holes, also by REST and for a year; single trades have neither of both.
 * The best 20 levels come whole each time. For deeper books an update needs a snapshot that REST alone has.
 */
const NAMES: Readonly<Record<StreamKind, readonly string[]>> = {
  trades: ['aggTrade'],
  book: ['depth20@100ms'],
  ticker: ['markPrice@1s', 'miniTicker'],
  kline: ['kline_1m'],
};

/**
 * A connection carries 200 names (1024 by older documents) and sends 10 messages a second, answers to pings included.
 * 50 symbols of trades, ticker and bars have 200 names.
 */
export const BINANCE_LIMITS: ConnectionLimits = { streamsPerConnection: 150, requestsPerSecond: 4 };

/** How long a request may be is not documented: 40 names have some 1,000 characters. */
const MOST_NAMES = 40;

export type Method = 'SUBSCRIBE' | 'UNSUBSCRIBE';

export function bookUrl(wsUrl: string): string {
  return wsUrl.replace('/market/', '/public/');
}

/** Requests in the order of the streams. Names are in lower case, symbols are not. */
export function binanceRequests(
  method: Method,
  streams: readonly Stream[],
  nextId: () => number,
): SubscribeRequest[] {
  const requests: SubscribeRequest[] = [];
  for (let from = 0; from < streams.length; ) {
    const params: string[] = [];
    let to = from;
    for (; to < streams.length; to++) {
      const names = namesOf(streams[to]!);
      if (params.length + names.length > MOST_NAMES) break;
      params.push(...names);
    }
    const id = nextId();
    const frame = JSON.stringify({ method, params, id });
    requests.push({ requestId: String(id), streams: streams.slice(from, to), frame });
    from = to;
  }
  return requests;
}

function namesOf({ kind, symbol }: Stream): string[] {
  return NAMES[kind].map((name) => `${symbol.toLowerCase()}@${name}`);
}
