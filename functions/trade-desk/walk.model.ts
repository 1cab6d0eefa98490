/** The naive walk of a book that is known in bands. */
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';

/** The book as many small orders: what lies within each band is cut in slices, each at its own distance from mid. */
function slices(snapshot: BookSnapshot, side: 'ask' | 'bid'): { from: number; to: number; size: number }[] {
  const { bestBid, bestAsk, askDepth, bidDepth } = snapshot;
  const best = side === 'ask' ? bestAsk : bestBid;
  if (best === null) return [];
  const spread = bestBid !== null && bestAsk !== null ? (bestAsk - bestBid) / (bestAsk + bestBid) : 0;
  const depth = side === 'ask' ? askDepth : bidDepth;
  const inside = (bps: number) => Math.max(spread, bps / 10_000);
  return [
    { from: inside(0), to: inside(5), size: depth.bps5 },
    { from: inside(5), to: inside(10), size: depth.bps10 - depth.bps5 },
    { from: inside(10), to: inside(25), size: depth.bps25 - depth.bps10 },
    { from: inside(25), to: inside(50), size: depth.bps50 - depth.bps25 },
  ];
}

/** Mean distance from mid of taking `size`; beyond the book at `beyond`. */
export function walk(snapshot: BookSnapshot, side: 'ask' | 'bid', size: number, beyond: number): number {
  let [left, sum] = [size, 0];
  for (const slice of slices(snapshot, side)) {
    const taken = Math.min(left, slice.size);
    if (taken > 0) sum += taken * (slice.from + (slice.to - slice.from) * (taken / slice.size) * 0.5);
    left -= taken;
  }
  const edge = slices(snapshot, side).at(-1)?.to ?? 0;
  return (sum + left * Math.max(edge, beyond)) / size;
}

/** The largest size the mean distance of which is within the limit: in the first band that passes it, a quadratic equation. */
export function within(snapshot: BookSnapshot, side: 'ask' | 'bid', wanted: number, limit: number): number {
  let [size, sum] = [0, 0];
  for (const band of slices(snapshot, side)) {
    if (band.size <= 0) continue;
    // (sum + x·from + x²·(to − from)/(2·depth)) = limit · (size + x)
    const [a, b, c] = [(band.to - band.from) / (2 * band.size), band.from - limit, sum - limit * size];
    const root =
      a === 0
        ? b > 0
          ? -c / b
          : Number.POSITIVE_INFINITY
        : (-b + Math.sqrt(Math.max(0, b * b - 4 * a * c))) / (2 * a);
    const most = Math.min(band.size, wanted - size, Math.max(0, root));
    sum += most * band.from + most * most * a;
    size += most;
    if (most < band.size) break;
  }
  return size;
}
