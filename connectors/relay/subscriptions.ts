/** Which topics of a connection are subscribed: requests out, answers in. One refused topic does not cost the others. */
import {
  bybitTopics,
  type SubscribeRequest,
  subscribeFrame,
  subscribeRequests,
  unsubscribeFrame,
} from '../exchanges/bybit/subscribe.ts';
import type { RefusalEvent } from '../exchanges/market-event.ts';

export interface SubscriptionHooks {
  readonly send: (frame: string) => void;
  readonly onSubscribed: (topic: string) => void;
  readonly onRefused: (topic: string, reason: string) => void;
}

export class Subscriptions {
  readonly #symbols: readonly string[];
  readonly #hooks: SubscriptionHooks;
  readonly #open = new Map<string, SubscribeRequest>();
  #sent = 0;

  constructor(symbols: readonly string[], hooks: SubscriptionHooks) {
    this.#symbols = symbols;
    this.#hooks = hooks;
  }

  /** A new connection knows nothing of the one before. */
  begin(): void {
    this.#open.clear();
    this.#send(subscribeRequests(bybitTopics(this.#symbols), this.#sent));
  }

  /** Asks for a fresh snapshot of a topic. */
  renew(topic: string): void {
    const requestId = `u${this.#sent++}`;
    this.#hooks.send(unsubscribeFrame({ requestId, topics: [topic] }));
    this.#send(subscribeRequests([topic], this.#sent));
  }

  acknowledged(requestId: string | null): void {
    const request = this.#take(requestId);
    for (const topic of request?.topics ?? []) this.#hooks.onSubscribed(topic);
  }

  /** The exchange refuses a request as a whole: its other topics are asked for again, each by itself. */
  refused({ requestId, topic, reason, isSubscribed }: RefusalEvent): void {
    const request = this.#take(requestId);
    if (!request) return;
    const blamed = topic === null ? request.topics : [topic];
    for (const name of blamed) {
      if (isSubscribed) this.#hooks.onSubscribed(name);
      else this.#hooks.onRefused(name, reason);
    }
    const others = request.topics.filter((name) => !blamed.includes(name));
    for (const other of others) this.#send(subscribeRequests([other], this.#sent));
  }

  #send(requests: readonly SubscribeRequest[]): void {
    for (const request of requests) {
      this.#open.set(request.requestId, request);
      this.#hooks.send(subscribeFrame(request));
    }
    this.#sent += requests.length;
  }

  #take(requestId: string | null): SubscribeRequest | undefined {
    const request = this.#open.get(requestId ?? '');
    if (request) this.#open.delete(request.requestId);
    return request;
  }
}
