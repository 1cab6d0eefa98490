/** Oracle of the price check: each minute looked up in the history, the median counted out. */
import type { Venue } from '../../schemas/primitives.ts';
import type { ClosedMinute } from '../market-data.ts';
import type { PriceCheck } from './price-check.ts';

const MINUTE = 60_000;

export function modelPriceCheck(
  history: readonly ClosedMinute[],
  close: number,
  [lead, other]: readonly [Venue, Venue],
  { basisMinutes, divergenceMax }: { basisMinutes: number; divergenceMax: number },
): Pick<PriceCheck, 'deviation' | 'diverged'> | null {
  const closeAt = (venue: Venue, openTime: number) => {
    const revisions = history.filter((m) => m.candle.venue === venue && m.candle.openTime === openTime);
    const newest = revisions.toSorted((a, b) => a.candle.revision - b.candle.revision).at(-1);
    return newest === undefined || newest.candle.filled ? null : newest.candle.close;
  };
  const difference = (openTime: number) => {
    const [a, b] = [closeAt(lead, openTime), closeAt(other, openTime)];
    return a === null || b === null ? null : a / b - 1;
  };
  const now = difference(close - MINUTE);
  if (now === null) return null;
  const earlier = Array.from({ length: basisMinutes - 1 }, (_, i) => difference(close - (i + 2) * MINUTE));
  const known = earlier.filter((d) => d !== null);
  const deviation = known.length < 3 ? now : now - median(known);
  return { deviation, diverged: Math.abs(deviation) > divergenceMax };
}

/** Halfway between the largest value with at most half below it and the smallest with at most half above. */
function median(values: readonly number[]): number {
  const half = values.length / 2;
  const low = Math.max(...values.filter((v) => values.filter((w) => w < v).length <= half));
  const high = Math.min(...values.filter((v) => values.filter((w) => w > v).length <= half));
  return (low + high) / 2;
}
