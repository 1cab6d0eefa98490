/** What flows between the steps that turn messages into candles. Plain data: any engine may ship it. */
import type { Candle } from '../schemas/candle.ts';
import type { Venue } from '../schemas/primitives.ts';
import type { Told } from './as-of.ts';

/** An exact integer ≥ 0: a number up to 2^53 − 1, its decimal digits beyond. See candles/exact.ts. */
export type ExactInt = number | string;

/** Exact sums of a run of distinct trades. See candles/trade-fold.ts. */
export interface TradeFold {
  /** Distinct trades, further contents told of them under the same id, and all copies. */
  readonly trades: number;
  readonly disputed: number;
  readonly received: number;
  /** First and last trade by (ts, seq, tradeId). Prices in quote per base. */
  readonly first: TradePoint;
  readonly last: TradePoint;
  readonly high: number;
  readonly low: number;
  /** Decimal places of one price unit and one size unit. */
  readonly priceScale: number;
  readonly sizeScale: number;
  /** Σ size and Σ size of taker buys (null where sides are unknown), in units of 10^-sizeScale. */
  readonly volume: ExactInt;
  readonly buyVolume: ExactInt | null;
  /** Σ price × size in units of 10^-(priceScale+sizeScale). */
  readonly turnover: ExactInt;
  /** True where an id is its trade's seq: then trades of different seq are different trades. */
  readonly idsAreSeqs: boolean;
}

export interface TradePoint {
  readonly ts: number;
  readonly seq: number;
  readonly price: number;
}

/** Seconds of a minute in which the feed was healthy: bits 0–29 and 30–59. */
export interface SecondSet {
  readonly low: number;
  readonly high: number;
}

/** One second of an order book, as far as features need it. Depths within 25 bps of mid, in base. */
export interface BookSecond {
  /** 0–59 within its minute. */
  readonly second: number;
  readonly bidDepth: number;
  readonly askDepth: number;
}

/** Something learned about one minute of one instrument, and when. Any number of them, in any order, make a MinuteBar. */
export type MinutePart = MinuteNews & Told;

type MinuteNews =
  /** Trades of this minute. `payload` is a trade batch holding exactly them, read again only where runs overlap. */
  | {
      readonly kind: 'trades';
      readonly fold: TradeFold;
      readonly payload: Uint8Array;
      readonly healthy: SecondSet;
    }
  /** The feed vouches for these seconds: whatever traded in them has been or will be sent. `last` is the newest trade it knew. */
  | {
      readonly kind: 'pulse';
      readonly healthy: SecondSet;
      readonly last: TradePoint | null;
      readonly book: BookSecond | null;
    }
  /** A bar someone else made from all trades of the minute: history, or the exchange's own kline. */
  | { readonly kind: 'bar'; readonly candle: Candle };

/** One minute of one instrument as far as its own parts tell. */
export interface MinuteBar extends Told {
  readonly venue: Venue;
  readonly symbol: string;
  readonly openTime: number;
  /** What was traded in the minute; null where nothing was. */
  readonly traded: TradedMinute | null;
  /** The bar someone else made, where it is better than what our own trades tell. */
  readonly known: Candle | null;
  /** Trades received, second copies included. */
  readonly received: number;
  /** Newest trade from before the minute that a pulse told of. */
  readonly carried: TradePoint | null;
  /** 0–60. */
  readonly healthySeconds: number;
  readonly book: BookMinute | null;
  /** Distinct trades, further contents told of them, and healthy seconds. */
  readonly facts: number;
  /** Count of all that was learned. Of two bars of one minute the one with more evidence knows all the other does. */
  readonly evidence: number;
}

/** Prices in quote per base, volumes in base, turnover in quote. */
export interface TradedMinute {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly turnover: number;
  /** Null where sides are unknown. */
  readonly buyVolume: number | null;
  /** Distinct trades. */
  readonly trades: number;
  readonly last: TradePoint;
}

/** Order book of a minute in six slots of 10 s; a slot without a snapshot is null. */
export interface BookMinute {
  readonly slots: readonly (BookSlot | null)[];
}
export interface BookSlot {
  readonly seconds: number;
  /** Mean of (bid−ask)/(bid+ask) over the slot's seconds. */
  readonly imbalance: number;
  /** Mean depths within 25 bps. Unit: base. */
  readonly bidDepth: number;
  readonly askDepth: number;
}

/** A closed 1m candle with what later steps need besides: the book, the last trade's time, how many copies came. */
export interface ClosedMinute extends Told {
  readonly candle: Candle;
  readonly book: BookMinute | null;
  /** Time of the newest trade at or before the bar's close, null where none is known. */
  readonly lastTradeTs: number | null;
  readonly received: number;
}
