/** What the simulated Bybit keeps of an account: orders, executions, in whole ticks and lots. Times are the exchange's. */
import { hash32 } from '../../../../random.ts';
import { bookLevels } from '../../book.ts';
import type { Listing } from '../../listing.ts';

/** How an order came to be, in the exchange's words. */
export type CreateType =
  | 'CreateByUser'
  | 'CreateByTakeProfit'
  | 'CreateByStopLoss'
  | 'CreateByTakeOver_PassThrough';

/** What is asked of the exchange. */
export interface OrderWish {
  /** orderLinkId, '' where there is none. */
  readonly link: string;
  readonly symbol: string;
  readonly isBuy: boolean;
  readonly lots: number;
  /** Limit; null for a market order. */
  readonly ticks: number | null;
  readonly timeInForce: 'IOC' | 'PostOnly' | 'GTC';
  readonly isReduceOnly: boolean;
  readonly tp: number | null;
  readonly sl: number | null;
}

export interface Order extends OrderWish {
  readonly id: string;
  readonly createType: CreateType;
  readonly createdMs: number;
  updatedMs: number;
  status: 'New' | 'PartiallyFilled' | 'Filled' | 'Cancelled';
  filled: number;
  /** Of what was filled. Unit: ticks × lots. */
  value: number;
  /** Unit: quote. */
  fee: number;
  reason: string;
  cancelType: string;
}

export interface Execution {
  /** Counts them in the account. */
  readonly index: number;
  readonly id: string;
  readonly order: Order | null;
  readonly symbol: string;
  readonly type: 'Trade' | 'Funding' | 'BustTrade';
  readonly isBuy: boolean;
  readonly ticks: number;
  readonly lots: number;
  /** Lots by which a position became smaller. */
  readonly closedLots: number;
  readonly isMaker: boolean;
  /** Share of its worth, in 10^-8; negative where received. */
  readonly feeRate: number;
  readonly ms: number;
  /** From then on it is told. */
  readonly shownMs: number;
}

export function isOpen({ status }: Order): boolean {
  return status === 'New' || status === 'PartiallyFilled';
}

/** Levels a side of the book that orders meet. */
const DEPTH = 1_000;

/** Levels, ticks and lots, that the order may take at once, best first. `last`: ticks of the last trade. Pure. */
export function takeable(
  listing: Listing,
  { ticks: limit, isBuy }: OrderWish,
  ms: number,
  last = listing.lastTicks(ms),
): [number, number][] {
  const { bids, asks } = bookLevels(listing.market, ms, last, DEPTH);
  return [...(isBuy ? asks : bids)].filter(
    ([ticks]) => ticks > 0 && (limit === null || (isBuy ? ticks <= limit : ticks >= limit)),
  );
}

/** Looks like a UUID. */
export function idOf(seed: number, what: string, index: number): string {
  const hex = [0, 1, 2, 3].map((part) => hash32(seed, what, index, part).toString(16).padStart(8, '0'));
  return hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
