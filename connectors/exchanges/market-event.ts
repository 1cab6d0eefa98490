/** What an exchange's frame says, in our own words: the one type between a venue's mapper and the relay. */
import type { TradeRow } from '../../schemas/trade-batch.ts';

/**
 * A price level; size 0 removes it. Units: quote per base, base. `digits`: its part of a checksum over exact decimals,
 * from venues that have one.
 */
export type Level = readonly [price: number, size: number, digits?: string];

/** What a ticker may tell; an absent field did not change, null means the exchange does not know. */
export interface TickerChange {
  readonly fundingRate?: number | null;
  /** Unit: ms since the epoch. */
  readonly nextFundingTime?: number | null;
  readonly markPrice?: number | null;
  readonly openInterest?: number | null;
  /** Over 24 h, in quote. Grows where something was traded: a witness for the trade stream. */
  readonly turnover24h?: number | null;
  /** Price of the newest trade the ticker knows. */
  readonly lastPrice?: number | null;
}

/** One symbol's data of one kind; a venue's own name of it is its adapter's affair. */
export interface Stream {
  readonly kind: StreamKind;
  readonly symbol: string;
}

/** What a venue may publish of a symbol. */
export const STREAM_KINDS = ['trades', 'book', 'ticker', 'kline'] as const;
export type StreamKind = (typeof STREAM_KINDS)[number];

/** `ts` of data: when the exchange sent it. Unit: ms since the epoch. */
export type MarketEvent = DataEvent | ControlEvent;

export type DataEvent = TradesEvent | BookEvent | TickerEvent | KlineEvent;

export interface TradesEvent {
  readonly kind: 'trades';
  readonly symbol: string;
  readonly ts: number;
  readonly trades: readonly TradeRow[];
  /** True of trades from before the subscription that the venue sends with it. */
  readonly isSnapshot?: boolean;
}

export interface TickerEvent {
  readonly kind: 'ticker';
  readonly symbol: string;
  readonly ts: number;
  readonly isSnapshot: boolean;
  readonly change: TickerChange;
}

/** The exchange's own bar of a minute: what ours are checked against. Units: quote per base, base. */
export interface KlineEvent {
  readonly kind: 'kline';
  readonly symbol: string;
  readonly ts: number;
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly turnover: number | null;
  /** Null where the venue does not count. */
  readonly trades: number | null;
  /** True where the exchange will not change it any more. */
  readonly isClosed: boolean;
}

export interface BookEvent {
  readonly kind: 'book';
  readonly symbol: string;
  readonly ts: number;
  readonly isSnapshot: boolean;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly check: BookCheck;
  /** Levels a side that the venue keeps up to date; those beyond are dropped after each update. */
  readonly depth?: number;
}

/** How a delta proves that it follows on what came before. */
export type BookCheck =
  /** A counter; the next delta carries this + 1. */
  | { readonly kind: 'counter'; readonly update: number }
  /** The delta names the last update of the one before it. */
  | { readonly kind: 'link'; readonly update: number; readonly previous: number }
  /** CRC32 of the best ten levels after the update. */
  | { readonly kind: 'checksum'; readonly crc32: number };

export type ControlEvent =
  | AckEvent
  | RefusalEvent
  | { readonly kind: 'pong' }
  /** Proof that the connection lives, and of nothing else. */
  | { readonly kind: 'heartbeat' }
  /** The exchange as a whole: `online` or why not. */
  | { readonly kind: 'status'; readonly isOnline: boolean; readonly what: string }
  /** The exchange asks for a new connection. */
  | { readonly kind: 'goodbye'; readonly reason: string }
  /** Well formed, but of a stream we did not ask for. */
  | { readonly kind: 'unknown'; readonly what: string };

export interface AckEvent {
  readonly kind: 'ack';
  readonly requestId: string | null;
  /** The stream alone that it speaks of; null where it speaks of all of the request. */
  readonly stream: Stream | null;
}

export interface RefusalEvent {
  readonly kind: 'refusal';
  readonly requestId: string | null;
  readonly reason: string;
  /** Stream the exchange named; null where it refused the whole request. */
  readonly stream: Stream | null;
  /** True where the stream is subscribed already, which is what was wanted. */
  readonly isSubscribed: boolean;
}
