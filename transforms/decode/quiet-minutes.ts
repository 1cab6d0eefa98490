/** Minutes of a claim without a trade of the batch: the feed was well, and nothing was traded or it travels elsewhere. */
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { Claim, TradeBatch } from '../../schemas/trade-batch.ts';
import type { TradePoint } from '../market-data.ts';

export interface QuietMinute {
  readonly openTime: number;
  /** Newest trade from before the minute that the batch knows, null where it knows none. */
  readonly last: TradePoint | null;
}

/** Oldest first; a minute the claim covers in part counts too. */
export function quietMinutes(batch: TradeBatch, claim: Claim): QuietMinute[] {
  const first = claim.fromMs - (claim.fromMs % MINUTE_MS);
  if (batch.count > 0 && claim.toMs - first <= MINUTE_MS && isIn(batch.ts[0]!, first)) return [];
  const newest = newestByMinute(batch);
  const known = [...newest.values(), ...(batch.header.last ? [batch.header.last] : [])].sort(byTime);
  const quiet: QuietMinute[] = [];
  let last: TradePoint | null = null;
  let next = 0;
  for (let openTime = first; openTime < claim.toMs; openTime += MINUTE_MS) {
    while (next < known.length && known[next]!.ts < openTime) last = known[next++]!;
    if (!newest.has(openTime)) quiet.push({ openTime, last });
  }
  return quiet;
}

function isIn(ts: number, openTime: number): boolean {
  return ts >= openTime && ts < openTime + MINUTE_MS;
}

function newestByMinute(batch: TradeBatch): Map<number, TradePoint> {
  const newest = new Map<number, TradePoint>();
  for (let row = 0; row < batch.count; row++) {
    const ts = batch.ts[row]!;
    const seq = batch.seq[row]!;
    const openTime = ts - (ts % MINUTE_MS);
    // Rows usually come in order: only the last one of a minute is worth an object.
    if (row + 1 < batch.count && batch.ts[row + 1]! > ts && batch.ts[row + 1]! < openTime + MINUTE_MS)
      continue;
    const point = newest.get(openTime);
    if (point && byTime(point, { ts, seq, price: 0 }) >= 0) continue;
    newest.set(openTime, { ts, seq, price: batch.price(row) });
  }
  return newest;
}

function byTime(a: TradePoint, b: TradePoint): number {
  return a.ts - b.ts || a.seq - b.seq || a.price - b.price;
}
