/** What we send to Bybit's public WebSocket: subscriptions in requests of at most ten topics, and pings. */

export const BYBIT_LINEAR_URL = 'wss://stream.bybit.com/v5/public/linear';
export const BYBIT_PING = JSON.stringify({ op: 'ping' });

/** Bybit refuses a request with more args as a whole (`args size >10`). */
const MAX_ARGS = 10;

export interface SubscribeRequest {
  readonly requestId: string;
  readonly topics: readonly string[];
}

/** Trades first: they cannot be had again, a book or ticker begins with a snapshot. */
export function bybitTopics(symbols: readonly string[]): string[] {
  return ['publicTrade', 'orderbook.50', 'tickers'].flatMap((stream) =>
    symbols.map((symbol) => `${stream}.${symbol}`),
  );
}

/** Requests for the topics, numbered from `firstId` on. */
export function subscribeRequests(topics: readonly string[], firstId: number): SubscribeRequest[] {
  const requests: SubscribeRequest[] = [];
  for (let at = 0; at < topics.length; at += MAX_ARGS) {
    requests.push({
      requestId: `s${firstId + requests.length}`,
      topics: topics.slice(at, at + MAX_ARGS),
    });
  }
  return requests;
}

export function subscribeFrame({ requestId, topics }: SubscribeRequest): string {
  return JSON.stringify({ req_id: requestId, op: 'subscribe', args: topics });
}

/** Takes a topic off, so that subscribing again brings a fresh snapshot. */
export function unsubscribeFrame({ requestId, topics }: SubscribeRequest): string {
  return JSON.stringify({ req_id: requestId, op: 'unsubscribe', args: topics });
}
