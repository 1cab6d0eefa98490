/** Is the pair one market? The lead venue's closes against another venue's, less the basis they usually keep. */
import type { SignalParams } from '../../schemas/params.ts';
import { MINUTE_MS, type Venue } from '../../schemas/primitives.ts';
import { newestMinutes } from '../features/newest-minutes.ts';
import type { ClosedMinute } from '../market-data.ts';
import { above } from '../thresholds/thresholds.ts';

export interface PriceCheck {
  readonly pair: string;
  readonly openTime: number;
  /** (lead − other) / other less the running basis. Unit: share of price. */
  readonly deviation: number;
  readonly diverged: boolean;
  /** Count of facts behind it: revisions of the candles of both venues in the window. */
  readonly revision: number;
}

/** Which venues are compared: signals are executed on `lead`. */
export interface ComparedVenues {
  readonly lead: Venue;
  readonly other: Venue;
}

/** Differences that make a basis; a median of fewer is one odd bar, and would hide the next odd one. */
const MIN_BASIS_VALUES = 3;

/**
 * Check of `pair` for the minute that ends at `windowEnd` (ms); null where that minute was not traded on both venues.
 * Filled bars are compared with nothing: their price is another minute's. The basis is the median difference over
 * the other minutes of the `basisMinutes` window (the mean of the middle two of an even number), and 0 below three.
 * Order, copies and older revisions among `minutes` change nothing.
 */
export function priceCheck(
  pair: string,
  minutes: Iterable<ClosedMinute>,
  windowEnd: number,
  venues: ComparedVenues,
  params: SignalParams['market'],
): PriceCheck | null {
  const all = [...minutes];
  const of = (venue: Venue) =>
    newestMinutes(
      all.filter((minute) => minute.candle.venue === venue),
      windowEnd,
      params.basisMinutes,
    );
  const leads = of(venues.lead);
  const others = of(venues.other);
  const differences = differencesOf(leads, others);
  const judged = differences.get(windowEnd - MINUTE_MS);
  if (judged === undefined) return null;
  differences.delete(windowEnd - MINUTE_MS);
  const deviation = judged - basisOf([...differences.values()]);
  return {
    pair,
    openTime: windowEnd - MINUTE_MS,
    deviation,
    diverged: above(Math.abs(deviation), params.divergenceMax),
    revision: [...leads, ...others].reduce((facts, { candle }) => facts + candle.revision, 0),
  };
}

/** By open time, for minutes traded on both venues. Unit: share of the other venue's close. */
function differencesOf(leads: readonly ClosedMinute[], others: readonly ClosedMinute[]): Map<number, number> {
  const otherCloses = new Map<number, number>();
  for (const { candle } of others) if (!candle.filled) otherCloses.set(candle.openTime, candle.close);
  const differences = new Map<number, number>();
  for (const { candle } of leads) {
    const other = otherCloses.get(candle.openTime);
    if (other !== undefined && !candle.filled)
      differences.set(candle.openTime, (candle.close - other) / other);
  }
  return differences;
}

function basisOf(differences: number[]): number {
  if (differences.length < MIN_BASIS_VALUES) return 0;
  differences.sort((a, b) => a - b);
  const middle = differences.length >> 1;
  if (differences.length % 2 === 1) return differences[middle]!;
  return (differences[middle - 1]! + differences[middle]!) / 2;
}
