/** One symbol on one connection: which of its streams deliver, how long each may be silent, what it tells of trades. */
import {
  type KlineEvent,
  STREAM_KINDS,
  type StreamKind,
  type TickerEvent,
} from '../exchanges/market-event.ts';
import type { Carrier, Proof } from './continuity.ts';
import { type LivenessOptions, StreamLiveness } from './liveness.ts';
import type { SymbolFeed } from './symbol-feed.ts';

/** A stream that stays silent is renewed again after so long, and each time later. Unit: network ms. */
const RENEW_AGAIN_MS = 60_000;
const LONGEST_RENEWAL_MS = 3_600_000;

export class LegStream {
  readonly liveness: StreamLiveness;
  /** Subscribed, as an answer or its data have shown. */
  isProven = false;
  isStale = false;
  /** When it was subscribed or asked for anew. Unit: network ms. */
  askedAt = Number.NEGATIVE_INFINITY;
  /** Not renewed again before. Unit: network ms. */
  renewAt = Number.NEGATIVE_INFINITY;
  #renewals = 0;

  constructor(options: Partial<LivenessOptions>) {
    this.liveness = new StreamLiveness(options);
  }

  /** The silence of a stale stream goes on: its length is what is to be learned of it. */
  subscribed(network: number): void {
    this.isProven = true;
    this.askedAt = network;
    if (!this.isStale) this.liveness.begin(network);
  }

  heard(network: number): void {
    this.liveness.heard(network);
    this.isStale = false;
    this.#renewals = 0;
    this.renewAt = Number.NEGATIVE_INFINITY;
  }

  /** It is asked for anew. */
  stale(network: number): void {
    this.isStale = true;
    this.isProven = false;
    this.renewAt = network + Math.min(LONGEST_RENEWAL_MS, RENEW_AGAIN_MS * 2 ** this.#renewals++);
  }

  closed(): void {
    this.isProven = false;
    this.isStale = false;
    this.renewAt = Number.NEGATIVE_INFINITY;
    this.liveness.end();
  }
}

export class Leg implements Carrier {
  readonly feed: SymbolFeed;
  readonly link: Proof;
  readonly streams: Readonly<Record<StreamKind, LegStream>>;
  #lastPrice: number | null = null;
  #turnover: number | null = null;
  #tickerAt = 0;
  #kline = { openTime: 0, volume: 0, at: 0 };

  constructor(feed: SymbolFeed, link: Proof, options: Partial<LivenessOptions>) {
    this.feed = feed;
    this.link = link;
    const streams = STREAM_KINDS.map((kind) => [kind, new LegStream(options)] as const);
    this.streams = Object.fromEntries(streams) as Record<StreamKind, LegStream>;
  }

  /** Since when there was a trade that the ticker knows of and did not before; null where it tells of none. Unit: network ms. */
  tickerTells({ isSnapshot, change }: TickerEvent, network: number): number | null {
    const { lastPrice, turnover24h } = change;
    const [priceBefore, turnoverBefore, since] = [this.#lastPrice, this.#turnover, this.#tickerAt];
    if (lastPrice !== undefined) this.#lastPrice = lastPrice;
    if (turnover24h !== undefined) this.#turnover = turnover24h;
    this.#tickerAt = network;
    if (isSnapshot) return null;
    const isMoved = lastPrice != null && priceBefore !== null && lastPrice !== priceBefore;
    if (isMoved && lastPrice !== this.feed.state.last?.price) return since;
    return turnover24h != null && turnoverBefore !== null && turnover24h > turnoverBefore ? since : null;
  }

  /** The same of the bar of a minute, where it has grown. */
  klineTells({ openTime, volume }: KlineEvent, network: number): number | null {
    const before = this.#kline;
    if (openTime < before.openTime) return null;
    this.#kline = { openTime, volume, at: network };
    return openTime === before.openTime && volume > before.volume ? before.at : null;
  }

  owesTrade(network: number): void {
    this.streams.trades.liveness.owed(network);
  }

  closed(): void {
    for (const kind of STREAM_KINDS) this.streams[kind].closed();
    this.#lastPrice = null;
    this.#turnover = null;
    this.#kline = { openTime: 0, volume: 0, at: 0 };
  }
}
