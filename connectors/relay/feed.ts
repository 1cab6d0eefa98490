/** One venue's feed: frames in, state of each symbol out. Knows no bus and waits for nothing. */
import { messageOf } from '../../schemas/errors.ts';
import type { FeedEvent } from '../../schemas/feed-event.ts';
import { streamKey, type Venue } from '../../schemas/primitives.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import type { Clock } from '../clock/port.ts';
import { bybitMapper, type FrameMapper } from '../exchanges/bybit/map.ts';
import type { BookEvent, MarketEvent, RefusalEvent } from '../exchanges/market-event.ts';
import { FeedHealth } from './health.ts';
import { deadLetterMessage, feedEventMessage, snapshotMessage } from './messages.ts';
import { Seconds } from './seconds.ts';
import { Subscriptions } from './subscriptions.ts';
import { SymbolState } from './symbol-state.ts';

/** Unreadable frames kept between two flushes; a storm of garbage must not fill the memory. */
const MAX_DEAD_LETTERS = 1_000;

export interface FeedOptions {
  readonly url: string;
  readonly venue: Venue;
  readonly symbols: readonly string[];
  readonly now: () => number;
  readonly networkClock: Clock;
  readonly send: (frame: string) => void;
}

interface Tracked {
  readonly state: SymbolState;
  readonly health: FeedHealth;
  readonly seconds: Seconds;
  /** Newest time at which the exchange sent something of the symbol on this connection. */
  exchangeTime: number;
  /** Start of a span in which trades may have been missed; null while there is none. */
  lostSince: number | null;
}

export class Feed {
  readonly #options: FeedOptions;
  readonly #symbols: ReadonlyMap<string, Tracked>;
  readonly #subscriptions: Subscriptions;
  #map: FrameMapper = bybitMapper();
  #events: OutgoingMessage[] = [];
  #deadLetters: OutgoingMessage[] = [];
  #lastFrame = Number.NEGATIVE_INFINITY;
  /** Trades received and not yet taken. */
  buffered = 0;
  unreadable = 0;
  connections = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#symbols = new Map(options.symbols.map((symbol) => [symbol, track(options, symbol)]));
    this.#subscriptions = new Subscriptions(options.symbols, {
      send: options.send,
      onSubscribed: (topic) => this.#subscribed(topic),
      onRefused: (topic, reason) => this.#refused(topic, reason),
    });
  }

  get states(): SymbolState[] {
    return Array.from(this.#symbols.values(), ({ state }) => state);
  }

  isUp(symbol: string): boolean {
    return this.#symbols.get(symbol)?.health.isUp ?? false;
  }

  opened(): void {
    this.connections++;
    for (const tracked of this.#symbols.values()) tracked.exchangeTime = Number.NEGATIVE_INFINITY;
    this.#map = bybitMapper();
    this.#lastFrame = this.#options.now();
    this.#subscriptions.begin();
  }

  closed(cause: string): void {
    const now = this.#options.now();
    for (const tracked of this.#symbols.values()) {
      const { state, health } = tracked;
      if (health.isUp) {
        tracked.lostSince ??= Math.min(now, this.#lastFrame);
        this.#event(state.symbol, 'DISCONNECTED', cause, tracked.lostSince);
      }
      health.down(now);
      state.disconnect(now);
    }
  }

  /** Takes a frame; true where it has shown that a second is over. */
  frame(text: string): boolean {
    this.#lastFrame = this.#options.now();
    try {
      return this.#apply(this.#map(text), text);
    } catch (error) {
      this.#unreadable(text, messageOf(error));
      return false;
    }
  }

  /** Of every second of every symbol that is over and has none yet. */
  snapshots(): OutgoingMessage[] {
    const now = this.#options.now();
    const snapshots: OutgoingMessage[] = [];
    for (const tracked of this.#symbols.values()) {
      const { state, health } = tracked;
      for (const second of tracked.seconds.take(now, completeUntil(tracked))) {
        const connected = health.vouchesFor(second, this.#lastFrame);
        snapshots.push(snapshotMessage(state.snapshot(second, connected, now), state));
        health.forgetBefore(second);
        state.markSecond();
      }
    }
    return snapshots;
  }

  /** Trades that passed the wire's checks and still make no batch. */
  refuseTrades(trades: readonly TradeRow[], reason: string): void {
    this.#unreadable(JSON.stringify(trades), reason);
  }

  takeEvents(): OutgoingMessage[] {
    const taken = this.#events;
    this.#events = [];
    return taken;
  }

  takeDeadLetters(): OutgoingMessage[] {
    const taken = this.#deadLetters;
    this.#deadLetters = [];
    return taken;
  }

  #apply(event: MarketEvent, text: string): boolean {
    if (!('ts' in event)) {
      this.#control(event, text);
      return false;
    }
    const tracked = this.#symbols.get(event.symbol);
    if (!tracked) {
      this.#unreadable(text, `Expected a symbol that was subscribed, got ${event.symbol}.`);
      return false;
    }
    if (event.kind === 'trades') this.#trades(tracked, event.trades);
    else if (event.kind === 'book') this.#book(tracked.state, event);
    else tracked.state.applyTicker(event.isSnapshot, event.change);
    tracked.exchangeTime = Math.max(tracked.exchangeTime, event.ts);
    return tracked.seconds.areDue(this.#options.now(), completeUntil(tracked));
  }

  #control(event: Exclude<MarketEvent, { readonly ts: number }>, text: string): void {
    const { kind } = event;
    if (kind === 'ack') this.#subscriptions.acknowledged(event.requestId);
    else if (kind === 'refusal') this.#refusal(event, text);
    else if (kind === 'unknown') {
      this.#unreadable(text, `Expected a topic that was subscribed, got ${event.what}.`);
    }
  }

  #trades(tracked: Tracked, trades: readonly TradeRow[]): void {
    // Data may come before the acknowledgement, and proves the subscription as well.
    this.#up(tracked);
    tracked.state.addTrades(trades, this.#options.now());
    this.buffered += trades.length;
  }

  #book(state: SymbolState, event: BookEvent): void {
    const wasInSync = state.isBookInSync;
    const now = this.#options.now();
    const fault = state.applyBook(event, now);
    if (fault) {
      this.#event(event.symbol, 'RESYNC', `book ${fault} at update ${event.update}`, now);
      this.#subscriptions.renew(`orderbook.50.${event.symbol}`);
    } else if (!wasInSync && state.isBookInSync) {
      this.#event(event.symbol, 'RECOVERED', `book snapshot, update ${event.update}`, null);
    }
  }

  #refusal(event: RefusalEvent, text: string): void {
    this.#subscriptions.refused(event);
    if (event.isSubscribed) return;
    this.#unreadable(text, `Expected a subscription to be taken, got refused: ${event.reason}.`);
  }

  #subscribed(topic: string): void {
    const tracked = this.#symbols.get(topic.slice(topic.lastIndexOf('.') + 1));
    if (tracked && topic.startsWith('publicTrade.')) this.#up(tracked);
  }

  #refused(topic: string, reason: string): void {
    const symbol = topic.slice(topic.lastIndexOf('.') + 1);
    if (this.#symbols.has(symbol)) this.#event(symbol, 'REFUSED', `${topic}: ${reason}`, null);
  }

  #up(tracked: Tracked): void {
    if (tracked.health.isUp) return;
    const now = this.#options.now();
    tracked.health.up(now);
    const { symbol } = tracked.state;
    this.#event(symbol, 'CONNECTED', `trades of ${this.#options.url}`, null);
    if (tracked.lostSince === null) return;
    this.#event(symbol, 'GAP', 'the connection was down', tracked.lostSince, now);
    tracked.lostSince = null;
  }

  #event(symbol: string, kind: FeedEvent['kind'], cause: string, from: number | null, to?: number): void {
    const ts = this.#options.now();
    const { venue } = this.#options;
    const id = `${streamKey(venue, symbol)}:${kind}:${ts}`;
    this.#events.push(
      feedEventMessage({
        id,
        venue,
        symbol,
        kind,
        ts,
        from,
        to: to ?? null,
        cause,
        tradesRecovered: 0,
        resolved: kind === 'RECOVERED' || kind === 'CONNECTED',
      }),
    );
  }

  #unreadable(text: string, reason: string): void {
    this.unreadable++;
    if (this.#deadLetters.length >= MAX_DEAD_LETTERS) return;
    this.#deadLetters.push(deadLetterMessage(text, reason, this.#options.url, this.#options.now()));
  }
}

function track({ venue, now, networkClock }: FeedOptions, symbol: string): Tracked {
  return {
    state: new SymbolState(venue, symbol, now()),
    health: new FeedHealth(),
    seconds: new Seconds(networkClock, now()),
    exchangeTime: Number.NEGATIVE_INFINITY,
    lostSince: null,
  };
}

function completeUntil({ health, exchangeTime }: Tracked): number {
  return health.isUp ? exchangeTime : Number.POSITIVE_INFINITY;
}
