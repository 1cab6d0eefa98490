/** One symbol on one connection: which of its streams deliver, how long each may be silent, what it tells of trades. */
import {
  type KlineEvent,
  STREAM_KINDS,
  type StreamKind,
  type TickerEvent,
} from '../exchanges/market-event.ts';
import type { Proof } from './continuity.ts';
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
  /** Not renewed again before. Unit: network ms. */
  renewAt = Number.NEGATIVE_INFINITY;
  #renewals = 0;

  constructor(options: Partial<LivenessOptions>) {
    this.liveness = new StreamLiveness(options);
  }

  /** The silence of a stale stream goes on: its length is what is to be learned of it. */
  subscribed(network: number): void {
    this.isProven = true;
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

export class Leg {
  readonly feed: SymbolFeed;
  readonly link: Proof;
  readonly streams: Readonly<Record<StreamKind, LegStream>>;
  #lastPrice: number | null = null;
  #turnover: number | null = null;
  #kline = { openTime: 0, volume: 0 };

  constructor(feed: SymbolFeed, link: Proof, options: Partial<LivenessOptions>) {
    this.feed = feed;
    this.link = link;
    const streams = STREAM_KINDS.map((kind) => [kind, new LegStream(options)] as const);
    this.streams = Object.fromEntries(streams) as Record<StreamKind, LegStream>;
  }

  /** True where the ticker knows of a trade that its last word did not. */
  tellsOfTrade({ isSnapshot, change }: TickerEvent): boolean {
    const { lastPrice, turnover24h } = change;
    const [priceBefore, turnoverBefore] = [this.#lastPrice, this.#turnover];
    if (lastPrice !== undefined) this.#lastPrice = lastPrice;
    if (turnover24h !== undefined) this.#turnover = turnover24h;
    if (isSnapshot) return false;
    const isMoved = lastPrice != null && priceBefore !== null && lastPrice !== priceBefore;
    if (isMoved && lastPrice !== this.feed.state.last?.price) return true;
    return turnover24h != null && turnoverBefore !== null && turnover24h > turnoverBefore;
  }

  /** True where the bar of the minute has grown since its last word. */
  klineGrew({ openTime, volume }: KlineEvent): boolean {
    const { openTime: timeBefore, volume: before } = this.#kline;
    if (openTime < timeBefore) return false;
    this.#kline = { openTime, volume };
    return openTime === timeBefore && volume > before;
  }

  closed(): void {
    for (const kind of STREAM_KINDS) this.streams[kind].closed();
    this.#lastPrice = null;
    this.#turnover = null;
    this.#kline = { openTime: 0, volume: 0 };
  }
}
