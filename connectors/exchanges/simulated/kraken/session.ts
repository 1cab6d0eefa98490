/** One client of the simulated Kraken: its subscriptions, and the answers Kraken v2 gives to what it sends. */
import { z } from 'zod';
import { frameOf, type TwinFrame } from '../venue.ts';
import { type Reply, replyFrame } from './frames.ts';
import { BOOK_DEPTHS, type Subscription, streamOf, subscriptionName } from './subscription.ts';

/** A socket with nothing subscribed on which nothing comes in for so long is cut off. Unit: ms. */
const IDLE_MS = 60_000;
const Request = z.looseObject({
  method: z.string(),
  req_id: z.int().optional(),
  params: z
    .looseObject({
      channel: z.string(),
      symbol: z.array(z.string()).min(1),
      depth: z.int().optional(),
      interval: z.int().optional(),
      snapshot: z.boolean().optional(),
    })
    .optional(),
});
type Params = NonNullable<z.output<typeof Request>['params']>;

export interface KrakenSessionDeps {
  readonly send: (frame: TwinFrame) => void;
  /** The exchange's time. Unit: ms since the epoch. */
  readonly now: () => number;
  readonly isListed: (subscription: Subscription) => boolean;
  /** First frame of a new subscriber; null for none. */
  readonly first: (subscription: Subscription) => TwinFrame | null;
}

export class KrakenSession {
  /** By name. */
  readonly subscriptions = new Map<string, Subscription>();
  readonly #deps: KrakenSessionDeps;
  #usedMs: number;

  constructor(deps: KrakenSessionDeps, ms: number) {
    this.#deps = deps;
    this.#usedMs = ms;
  }

  /** At `ms`. */
  isIdle(ms: number): boolean {
    return this.subscriptions.size === 0 && ms - this.#usedMs > IDLE_MS;
  }

  receive(text: string, ms: number): void {
    this.#usedMs = ms;
    const request = Request.safeParse(readJson(text));
    if (!request.success) {
      this.#refuse('', null, 'Malformed request');
      return;
    }
    const { method, req_id: requestId = null, params } = request.data;
    if (method === 'ping') this.#reply('pong', { method: 'pong', requestId });
    else if ((method === 'subscribe' || method === 'unsubscribe') && params)
      this.#change(method, requestId, params);
    else this.#refuse(method, requestId, 'Unknown method');
  }

  /** Answers come for each symbol by itself, unless none can be had. */
  #change(method: 'subscribe' | 'unsubscribe', requestId: number | null, params: Params): void {
    const reason = reasonAgainst(params);
    if (reason !== null) {
      this.#refuse(method, requestId, reason);
      return;
    }
    for (const symbol of params.symbol) {
      const subscription = subscriptionOf(params, symbol);
      if (method === 'subscribe') this.#subscribe(requestId, subscription, params);
      else this.#unsubscribe(requestId, subscription);
    }
  }

  #subscribe(requestId: number | null, subscription: Subscription, params: Params): void {
    const { symbol, channel } = subscription;
    const name = subscriptionName(subscription);
    if (!this.#deps.isListed(subscription)) {
      this.#refuse('subscribe', requestId, `Currency pair not supported ${symbol}`, symbol);
      return;
    }
    if (this.subscriptions.has(name)) {
      this.#refuse('subscribe', requestId, 'Already subscribed', symbol);
      return;
    }
    this.subscriptions.set(name, subscription);
    const snapshot = params.snapshot ?? channel !== 'trade';
    this.#ack('subscribe', requestId, subscription, { snapshot });
    const first = snapshot ? this.#deps.first(subscription) : null;
    if (first) this.#deps.send(first);
  }

  #unsubscribe(requestId: number | null, subscription: Subscription): void {
    const isGone = this.subscriptions.delete(subscriptionName(subscription));
    if (isGone) this.#ack('unsubscribe', requestId, subscription, {});
    else this.#refuse('unsubscribe', requestId, 'Subscription Not Found', subscription.symbol);
  }

  #ack(
    method: string,
    requestId: number | null,
    subscription: Subscription,
    more: Readonly<Record<string, unknown>>,
  ): void {
    const { channel, symbol, depth, interval } = subscription;
    const own = { ...(depth !== null && { depth }), ...(interval !== null && { interval }) };
    const result = { channel, ...own, ...more, symbol };
    const frame = replyFrame({ method, requestId, ms: this.#deps.now(), result });
    this.#deps.send(frameOf('ack', frame, [streamOf(subscription)]));
  }

  #refuse(method: string, requestId: number | null, error: string, symbol?: string): void {
    this.#reply('refusal', { method, requestId, error, symbol });
  }

  #reply(kind: TwinFrame['kind'], reply: Omit<Reply, 'ms'>): void {
    this.#deps.send(frameOf(kind, replyFrame({ ...reply, ms: this.#deps.now() })));
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonAgainst({ channel, depth, interval }: Params): string | null {
  if (channel !== 'trade' && channel !== 'book' && channel !== 'ohlc')
    return `Channel not supported ${channel}`;
  if (channel === 'book' && depth !== undefined && !BOOK_DEPTHS.some((each) => each === depth))
    return 'Subscription depth not supported';
  return channel === 'ohlc' && (interval ?? 1) !== 1 ? 'Subscription ohlc interval not supported' : null;
}

/** Of params that are fine. */
function subscriptionOf({ channel, depth }: Params, symbol: string): Subscription {
  if (channel === 'book') return { channel, symbol, depth: depth ?? BOOK_DEPTHS[0], interval: null };
  if (channel === 'ohlc') return { channel, symbol, depth: null, interval: 1 };
  return { channel: 'trade', symbol, depth: null, interval: null };
}
