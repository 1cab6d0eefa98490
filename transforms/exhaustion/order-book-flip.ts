/** The order book leaned against the trade for a minute, then flipped to it within the bar's last 10 s. */
import type { SignalParams } from '../../schemas/params.ts';
import type { PositionSide } from '../../schemas/primitives.ts';
import type { BookMinute, BookSlot } from '../market-data.ts';
import { atLeast, atMost } from '../thresholds/thresholds.ts';

/** Means over a span of the book within 25 bps of mid. */
export interface BookState {
  /** (bid − ask) / (bid + ask), −1..1. */
  readonly imbalance: number;
  /** Unit: base. */
  readonly bidDepth: number;
  readonly askDepth: number;
}

const LAST_SLOT = 5;

/** The book over the bar's last 10 s; null where no snapshot of them came. */
export function bookNow(minute: BookMinute | null): BookState | null {
  return minute?.slots[LAST_SLOT] ?? null;
}

/**
 * The book over the 60 s before the bar's last 10 s, each second weighing the same: the last slot of the minute
 * before and the first five of this one. Null where any of the six slots is missing, because a mean over less
 * would be called a minute's without being one.
 */
export function bookBefore(previous: BookMinute | null, minute: BookMinute | null): BookState | null {
  let seconds = 0;
  let imbalance = 0;
  let bidDepth = 0;
  let askDepth = 0;
  for (let i = 0; i <= LAST_SLOT; i++) {
    const slot: BookSlot | null | undefined = i === 0 ? previous?.slots[LAST_SLOT] : minute?.slots[i - 1];
    if (!slot) return null;
    seconds += slot.seconds;
    imbalance += slot.seconds * slot.imbalance;
    bidDepth += slot.seconds * slot.bidDepth;
    askDepth += slot.seconds * slot.askDepth;
  }
  return { imbalance: imbalance / seconds, bidDepth: bidDepth / seconds, askDepth: askDepth / seconds };
}

/**
 * For LONG: imbalance ≤ −θ before and ≥ +θ now, and the asks that stood in the way went: either they fell by at
 * least `bookDepthShift` of what they were, or bids grew by at least as much. Mirrored for SHORT. An unknown book
 * flips nothing.
 */
export function orderBookFlip(
  before: BookState | null,
  now: BookState | null,
  side: PositionSide,
  params: SignalParams['exhaustion'],
): boolean {
  if (before === null || now === null) return false;
  const sign = side === 'LONG' ? 1 : -1;
  const leanedAgainst = atMost(sign * before.imbalance, -params.bookTheta);
  const leansWith = atLeast(sign * now.imbalance, params.bookTheta);
  return leanedAgainst && leansWith && depthShifted(before, now, side, params.bookDepthShift);
}

function depthShifted(before: BookState, now: BookState, side: PositionSide, share: number): boolean {
  const [opposing, ours] =
    side === 'LONG' ? (['askDepth', 'bidDepth'] as const) : (['bidDepth', 'askDepth'] as const);
  const shift = share * before[opposing];
  if (before[opposing] === 0) return false;
  return atLeast(before[opposing] - now[opposing], shift) || atLeast(now[ours] - before[ours], shift);
}
