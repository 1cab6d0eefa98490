/** What an exchange's frame says, in our own words: the one type between a venue's mapper and the relay. */
import type { TradeRow } from '../../schemas/trade-batch.ts';

/** A price level: [price, size]; size 0 removes the level. Units: quote per base, base. */
export type Level = readonly [price: number, size: number];

/** What a ticker may tell; an absent field did not change, null means the exchange does not know. */
export interface TickerChange {
  readonly fundingRate?: number | null;
  /** Unit: ms since the epoch. */
  readonly nextFundingTime?: number | null;
  readonly markPrice?: number | null;
  readonly openInterest?: number | null;
}

/** `ts` of data: when the exchange sent it. Unit: ms since the epoch. */
export type MarketEvent =
  | {
      readonly kind: 'trades';
      readonly symbol: string;
      readonly ts: number;
      readonly trades: readonly TradeRow[];
    }
  | BookEvent
  | {
      readonly kind: 'ticker';
      readonly symbol: string;
      readonly ts: number;
      readonly isSnapshot: boolean;
      readonly change: TickerChange;
    }
  | { readonly kind: 'ack'; readonly requestId: string | null }
  | RefusalEvent
  | { readonly kind: 'pong' }
  /** Well formed, but of a stream we did not ask for. */
  | { readonly kind: 'unknown'; readonly what: string };

export interface BookEvent {
  readonly kind: 'book';
  readonly symbol: string;
  readonly ts: number;
  readonly isSnapshot: boolean;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  /** Counter of the exchange's book; the next delta carries this + 1. */
  readonly update: number;
}

export interface RefusalEvent {
  readonly kind: 'refusal';
  readonly requestId: string | null;
  readonly reason: string;
  /** Topic the exchange named; null where it refused the whole request. */
  readonly topic: string | null;
  /** True where the topic is subscribed already, which is what was wanted. */
  readonly isSubscribed: boolean;
}
