/** What an order costs in a book known by its depth in bands: the mean price of walking it, and the size that keeps within a limit. */
import { type BookSnapshot, DEPTH_BANDS_BPS } from '../../schemas/book-snapshot.ts';
import type { PositionSide } from '../../schemas/primitives.ts';
import { fillPrice } from './money.ts';

const BPS = 1e-4;
/** Halvings that leave nothing of the widest interval. */
const HALVINGS = 60;

/** One stretch of the book: `size` lies evenly between two distances from mid. Unit: base; share of mid. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** The side an order takes from. */
type Taken = 'asks' | 'bids';

export function takenAtEntry(side: PositionSide): Taken {
  return side === 'LONG' ? 'asks' : 'bids';
}

export function takenAtExit(side: PositionSide): Taken {
  return side === 'LONG' ? 'bids' : 'asks';
}

/** Without the noise of binary: 100.19 and 100.21 are round 100.2. Null while either side is empty. */
export function midOf({ bestBid, bestAsk }: BookSnapshot): number | null {
  return bestBid === null || bestAsk === null ? null : Number(((bestBid + bestAsk) / 2).toPrecision(15));
}

/** Mean distance from mid at which `size` is filled; what depth cannot fill is filled at `beyond`. Unit: share of mid. */
export function slippageOf(snapshot: BookSnapshot, taken: Taken, size: number, beyond: number): number {
  const stretches = stretchesOf(snapshot, taken);
  let left = size;
  let cost = 0;
  for (const { from, to, size: depth } of stretches) {
    const filled = Math.min(left, depth);
    if (filled <= 0) continue;
    cost += filled * (from + ((to - from) * filled) / depth / 2);
    left -= filled;
  }
  if (left > 0) cost += left * Math.max(beyond, stretches.at(-1)?.to ?? 0);
  return size > 0 ? cost / size : 0;
}

/** Largest size up to `wanted` that depth fills at a mean distance of at most `limit` from mid. Unit: base. */
export function sizeWithin(snapshot: BookSnapshot, taken: Taken, wanted: number, limit: number): number {
  const depth = stretchesOf(snapshot, taken).reduce((sum, { size }) => sum + size, 0);
  const most = Math.min(wanted, depth);
  const isWithin = (size: number) => slippageOf(snapshot, taken, size, Number.POSITIVE_INFINITY) <= limit;
  if (isWithin(most)) return most;
  let [low, high] = [0, most];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (isWithin(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Mean price of taking `size`. Unit: quote per base. */
export function takenPrice(mid: number, taken: Taken, slippage: number): number {
  return fillPrice(mid * (taken === 'asks' ? 1 + slippage : 1 - slippage));
}

/** From the best price on: nothing is nearer to mid, whatever the bands say. */
function stretchesOf(snapshot: BookSnapshot, taken: Taken): Stretch[] {
  const mid = midOf(snapshot);
  const best = taken === 'asks' ? snapshot.bestAsk : snapshot.bestBid;
  if (best === null) return [];
  const depth = taken === 'asks' ? snapshot.askDepth : snapshot.bidDepth;
  const nearest = mid === null ? 0 : Math.abs(best - mid) / mid;
  let [edge, seen] = [0, 0];
  return DEPTH_BANDS_BPS.map((bps) => {
    const cumulative = depth[`bps${bps}`];
    const from = Math.max(edge, nearest);
    edge = bps * BPS;
    const size = Math.max(0, cumulative - seen);
    seen = Math.max(seen, cumulative);
    return { from, to: Math.max(edge, nearest), size };
  });
}
