/** Is the pair one market? The lead venue's closes against another venue's, less the basis they usually keep. */
import type { SignalParams } from '../../schemas/params.ts';
import { MINUTE_MS, type Venue } from '../../schemas/primitives.ts';
import type { Told } from '../as-of.ts';
import { newestMinutes } from '../features/newest-minutes.ts';
import type { ClosedMinute } from '../market-data.ts';
import { above } from '../thresholds/thresholds.ts';

export interface PriceCheck {
  readonly pair: string;
  readonly openTime: number;
  /** (lead − other) / other less the running basis. Unit: share of price. */
  readonly deviation: number;
  readonly diverged: boolean;
  /** Count of facts behind it: revisions of the candles compared in the window. */
  readonly revision: number;
}

/** Which venues are compared: signals are executed on `lead`. */
export interface ComparedVenues {
  readonly lead: Venue;
  readonly other: Venue;
}

/** How far apart the two closes of one minute were. */
export interface PriceGap extends Told {
  readonly openTime: number;
  /** (lead − other) / other. Unit: share of price. */
  readonly difference: number;
  /** Revisions of the two candles, summed. */
  readonly revision: number;
}

/** Differences that make a basis; a median of fewer is one odd bar, and would hide the next odd one. */
const MIN_BASIS_VALUES = 3;

/**
 * The gap of the minute that ends at `minuteEnd` (ms); null where it was not traded on both venues. Filled bars are
 * compared with nothing: their price is another minute's. Order, copies and older revisions change nothing.
 */
export function priceGap(
  minutes: Iterable<ClosedMinute>,
  minuteEnd: number,
  venues: ComparedVenues,
): PriceGap | null {
  const all = [...minutes];
  const of = (venue: Venue) =>
    newestMinutes(
      all.filter((minute) => minute.candle.venue === venue),
      minuteEnd,
      1,
    )[0]?.candle;
  const [lead, other] = [of(venues.lead), of(venues.other)];
  if (!lead || !other || lead.filled || other.filled) return null;
  const difference = (lead.close - other.close) / other.close;
  return { openTime: lead.openTime, difference, revision: lead.revision + other.revision };
}

/**
 * Check of `pair` for the minute that ends at `windowEnd` (ms); null where that minute has no gap. The basis is the
 * median gap of the other minutes of the `basisMinutes` window (the mean of the middle two of an even number), and 0
 * below three. Order, copies and older revisions among `gaps` change nothing.
 */
export function priceCheck(
  pair: string,
  gaps: Iterable<PriceGap>,
  windowEnd: number,
  params: SignalParams['market'],
): PriceCheck | null {
  const openTime = windowEnd - MINUTE_MS;
  const known = newestGaps(gaps, windowEnd - params.basisMinutes * MINUTE_MS, windowEnd);
  const judged = known.get(openTime);
  if (judged === undefined) return null;
  const revision = [...known.values()].reduce((facts, gap) => facts + gap.revision, 0);
  known.delete(openTime);
  const deviation = judged.difference - basisOf([...known.values()].map(({ difference }) => difference));
  return { pair, openTime, deviation, diverged: above(Math.abs(deviation), params.divergenceMax), revision };
}

/** By open time, those in [from, to). */
function newestGaps(gaps: Iterable<PriceGap>, from: number, to: number): Map<number, PriceGap> {
  const newest = new Map<number, PriceGap>();
  for (const gap of gaps) {
    if (gap.openTime < from || gap.openTime >= to) continue;
    const known = newest.get(gap.openTime);
    if (!known || gap.revision > known.revision) newest.set(gap.openTime, gap);
  }
  return newest;
}

function basisOf(differences: number[]): number {
  if (differences.length < MIN_BASIS_VALUES) return 0;
  differences.sort((a, b) => a - b);
  const middle = differences.length >> 1;
  if (differences.length % 2 === 1) return differences[middle]!;
  return (differences[middle - 1]! + differences[middle]!) / 2;
}
