/** A venue as relay, universe and warm start see it. `docs/ADD_EXCHANGE.md` tells how to add one. */
import type { Candle } from '../../schemas/candle.ts';
import type { Interval, Venue } from '../../schemas/primitives.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { Clock } from '../clock/port.ts';
import type { MarketEvent, Stream, StreamKind } from './market-event.ts';

/** Everything that differs between venues; one instance serves all connections. Pure but for `rest`. */
export interface VenueAdapter {
  readonly venue: Venue;
  readonly wsUrl: string;
  /** Addresses of streams that are had elsewhere, where the venue splits them; each has connections of its own. */
  readonly elsewhere?: Readonly<Partial<Record<StreamKind, string>>>;
  readonly restUrl: string;
  /** Levels a side that are subscribed to, where the venue lets one choose: frames of another depth are not read. */
  readonly bookDepth?: number;
  /** Streams the venue has, those that cannot be had again first. */
  readonly streams: readonly StreamKind[];
  readonly limits: ConnectionLimits;
  /** True where trade ids of a symbol count up by one: a hole is a lost trade. */
  readonly hasContiguousIds: boolean;
  /** What is sent so that the connection counts as used, and how often. Null where the venue needs nothing. */
  readonly ping: { readonly frame: string; readonly everyMs: number } | null;
  /** Reader of the frames of one connection, in their order. It may keep state of that connection. */
  mapper(): FrameMapper;
  /** Requests for the streams, within the venue's limits; `nextId` gives each its number. */
  subscribe(streams: readonly Stream[], nextId: () => number): SubscribeRequest[];
  unsubscribe(streams: readonly Stream[], nextId: () => number): SubscribeRequest[];
  rest(options: RestOptions): VenueRest;
}

/** @throws WireFormatError where a frame is not what the venue documents. */
export type FrameMapper = (frame: string) => MarketEvent[];

export interface SubscribeRequest {
  /** What the answer carries. */
  readonly requestId: string;
  readonly streams: readonly Stream[];
  readonly frame: string;
}

export interface ConnectionLimits {
  /** Streams one connection may carry. */
  readonly streamsPerConnection: number;
  /** Requests a connection may send in a second. */
  readonly requestsPerSecond: number;
}

export interface RestOptions {
  /** The venue's, or its twin's. */
  readonly baseUrl: string;
  readonly clock: Clock;
  /** Of the jitter of retries. */
  readonly seed?: number;
}

/** @throws UpstreamError from each call where the venue is not reachable, refuses, or answers something else. */
export interface VenueRest {
  instruments(signal?: AbortSignal): Promise<Instrument[]>;
  /** Turnover over 24 h in quote, by symbol. */
  turnovers(signal?: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /**
   * Trades of the symbol, oldest first, as far back as the venue gives them but not further than `from`.
   * Whether they reach it is the caller's to see: by the id of the last trade it knows.
   */
  trades(query: TradesQuery): Promise<readonly TradeRow[]>;
  klines(query: KlineQuery): Promise<Candle[]>;
}

export interface TradesQuery {
  readonly symbol: string;
  /** The last trade known, or a time. */
  readonly from: TradeRow | number;
  readonly signal?: AbortSignal;
}

export interface KlineQuery {
  readonly symbol: string;
  readonly interval: Interval;
  /** Bars that open in [fromMs, toMs) and have closed by then. Unit: ms since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly signal?: AbortSignal;
}

/** A contract or pair. */
export interface Instrument {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly isPerpetual: boolean;
  /** `halted`: listed, not traded now. */
  readonly status: 'trading' | 'halted' | 'closed';
  /** When it was listed; null where the venue does not say. Unit: ms since the epoch. */
  readonly listedMs: number | null;
  readonly tickSize: number;
  readonly lotSize: number;
}
