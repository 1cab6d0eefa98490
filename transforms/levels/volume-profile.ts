/** Volume profile: how much traded at which price, from bars alone. */
import type { Candle } from '../../schemas/candle.ts';

type ProfileBar = Pick<Candle, 'high' | 'low' | 'volume'>;

/**
 * Middle of the bucket with the most volume (the lowest of equals), in the unit of the prices; null where nothing
 * traded. The span from lowest low to highest high is cut into `buckets` of equal width, and the volume of each bar
 * is spread evenly over its range, since nothing is known of where in it the bar traded.
 */
export function pointOfControl(bars: readonly ProfileBar[], buckets: number): number | null {
  let bottom = Number.POSITIVE_INFINITY;
  let top = Number.NEGATIVE_INFINITY;
  let total = 0;
  for (const bar of bars) {
    bottom = Math.min(bottom, bar.low);
    top = Math.max(top, bar.high);
    total += bar.volume;
  }
  if (total <= 0) return null;
  if (top === bottom) return top;
  const width = (top - bottom) / buckets;
  const profile = new Float64Array(buckets);
  for (const bar of bars) {
    spread(profile, (bar.low - bottom) / width, (bar.high - bottom) / width, bar.volume);
  }
  let best = 0;
  for (let i = 1; i < buckets; i++) if (profile[i]! > profile[best]!) best = i;
  return bottom + (best + 0.5) * width;
}

/** Adds `volume` evenly over `[from, to]`, in widths of a bucket; a range of no width to the bucket it lies in. */
function spread(profile: Float64Array, from: number, to: number, volume: number): void {
  const last = profile.length - 1;
  const first = Math.min(last, Math.floor(from));
  const end = Math.min(last, Math.floor(to));
  if (first === end) {
    profile[first]! += volume;
    return;
  }
  const density = volume / (to - from);
  for (let i = first; i <= end; i++) {
    profile[i]! += density * (Math.min(to, i + 1) - Math.max(from, i));
  }
}
