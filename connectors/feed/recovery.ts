/** What an answer of REST says about a span of lost trades, and when REST is asked again. Pure. */
import type { TradeRow } from '../../schemas/trade-batch.ts';
import { backoffMs } from '../backoff.ts';
import type { Random } from '../random.ts';
import type { LostSpan } from './continuity.ts';
import { compareTrades } from './trade-order.ts';

/** REST may be so far behind: where no live trade shows that it is not, it is asked again until then. Unit: network ms. */
const REST_LAG_MS = 150_000;
/** The same where nothing broke. */
const USUAL_LAG_MS = 5_000;
const BACKOFF = { firstMs: 1_000, maxMs: 60_000 };
/**
 * How far before the newest trade known (or the span, where none is) trades are asked for, by the tries before: one that
 * is older proves that none is missing, and those just before it may have been overtaken.
 */
const LOOK_BACK_MS = [5_000, 60_000, 600_000, 3_600_000] as const;
/** Answers that begin too late after which the venue does not keep what we miss. */
const MOST_TRIES = 4;

/** Trades from a moment on, in order: an answer of REST, or what a venue sends with a subscription. */
export interface Answer {
  readonly trades: readonly TradeRow[];
  /** When it was asked for. Unit: network ms. */
  readonly askedAt: number;
  /** True where the live stream follows on it without a hole. */
  readonly isJoined: boolean;
}

/** `short`: it begins after trades that we miss. `early`: it ends before the first live one. */
export type Verdict = 'whole' | 'short' | 'early';

export function judge(span: LostSpan, answer: Answer): Verdict {
  if (!reachesBack(span, answer)) return 'short';
  return reachesOn(span, answer) ? 'whole' : 'early';
}

function reachesBack({ anchor, from }: LostSpan, { trades }: Answer): boolean {
  const [oldest] = trades;
  if (!oldest) return false;
  if (!anchor) return oldest.ts < from;
  return compareTrades(oldest, anchor) < 0 || trades.some(({ tradeId }) => tradeId === anchor.tradeId);
}

function reachesOn(
  { first, closedAt, isSuspicion }: LostSpan,
  { trades, askedAt, isJoined }: Answer,
): boolean {
  if (isJoined) return true;
  if (!first) return askedAt >= closedAt + (isSuspicion ? USUAL_LAG_MS : REST_LAG_MS);
  return trades.some(({ tradeId }) => tradeId === first.tradeId);
}

/** Where ids count up by one: as many as there are between the two. */
export function isFilled({ anchor, first, found }: LostSpan): boolean {
  return anchor !== null && first !== null && found >= first.seq - anchor.seq - 1;
}

export function isHopeless({ tries }: LostSpan): boolean {
  return tries >= MOST_TRIES;
}

/** Unit: ms since the epoch. */
export function askFrom({ anchor, from, tries }: LostSpan): number {
  return lookBack(anchor?.ts ?? from, anchor ? tries : tries + 1);
}

/** Unit: ms since the epoch. */
export function lookBack(ms: number, tries: number): number {
  return Math.max(0, ms - LOOK_BACK_MS[Math.min(tries, LOOK_BACK_MS.length - 1)]!);
}

/** One request at a time, later and later while it does not help. */
export class Asking {
  readonly #random: Random;
  #failures = 0;
  #dueAt = Number.NEGATIVE_INFINITY;
  #askedAt: number | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  /** When an answer is under way, since when. */
  get askedAt(): number | null {
    return this.#askedAt;
  }

  isDue(network: number): boolean {
    return this.#askedAt === null && network >= this.#dueAt;
  }

  asked(network: number): void {
    this.#askedAt = network;
  }

  /** @param isSettled False where it has to be asked for again. */
  answered(network: number, isSettled: boolean): void {
    this.#askedAt = null;
    this.#failures = isSettled ? 0 : this.#failures + 1;
    this.#dueAt = isSettled ? network : network + backoffMs(this.#failures, BACKOFF, this.#random.next());
  }
}
