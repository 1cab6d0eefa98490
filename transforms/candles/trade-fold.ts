/** Trades of a run as exact sums, first and last. One pass where the run is in order, a sort where it is not. */
import type { TradeBatch } from '../../schemas/trade-batch.ts';
import type { ExactInt, TradeFold, TradePoint } from '../market-data.ts';
import { add, exactInt, shift } from './exact.ts';
import { distinctInOrder, isInOrder, type RowRef } from './trade-order.ts';

/** Fold of all distinct trades of a batch; null where it holds none. */
export function foldBatch(batch: TradeBatch): TradeFold | null {
  if (batch.count === 0) return null;
  if (isInOrder(batch)) return foldRows(batch, 0, batch.count);
  return foldBatches([batch]);
}

/** Fold of all distinct trades of several batches, whatever their order and overlap; null where there is none. */
export function foldBatches(batches: readonly TradeBatch[]): TradeFold | null {
  const rows = distinctInOrder(batches);
  let fold: TradeFold | null = null;
  for (let start = 0; start < rows.length; ) {
    const end = endOfStretch(rows, start);
    const { batch, row } = rows[start]!;
    const stretch = foldRows(batch, row, row + end - start);
    fold = fold ? mergeFolds(fold, stretch) : stretch;
    start = end;
  }
  return fold && { ...fold, received: batches.reduce((sum, batch) => sum + batch.count, 0) };
}

/** Fold of two runs of distinct trades, all of `a` before all of `b`. Exact, also where their scales differ. */
export function mergeFolds(a: TradeFold, b: TradeFold): TradeFold {
  const priceScale = Math.max(a.priceScale, b.priceScale);
  const sizeScale = Math.max(a.sizeScale, b.sizeScale);
  const size = (of: TradeFold, value: ExactInt): ExactInt => shift(value, sizeScale - of.sizeScale);
  const product = (of: TradeFold): ExactInt =>
    shift(of.turnover, priceScale + sizeScale - of.priceScale - of.sizeScale);
  return {
    trades: a.trades + b.trades,
    received: a.received + b.received,
    first: a.first,
    last: b.last,
    high: Math.max(a.high, b.high),
    low: Math.min(a.low, b.low),
    priceScale,
    sizeScale,
    volume: add(size(a, a.volume), size(b, b.volume)),
    buyVolume:
      a.buyVolume === null || b.buyVolume === null ? null : add(size(a, a.buyVolume), size(b, b.buyVolume)),
    turnover: add(product(a), product(b)),
    idsAreSeqs: a.idsAreSeqs && b.idsAreSeqs,
  };
}

/** Sums beyond 2^53 spill over into big integers; terms are ≥ 0, so a double that stays below was exact all along. */
class ExactSum {
  private spilled = 0n;

  spill(sum: number, term: bigint): void {
    this.spilled += BigInt(sum) + term;
  }

  with(sum: number): ExactInt {
    return this.spilled === 0n ? sum : exactInt(this.spilled + BigInt(sum));
  }
}

const MAX = Number.MAX_SAFE_INTEGER;

/** Rows [from, to), at least one, distinct and in order. */
function foldRows(batch: TradeBatch, from: number, to: number): TradeFold {
  const { priceUnits, sizeUnits } = batch;
  let high = 0;
  let low = Number.POSITIVE_INFINITY;
  let volume = 0;
  let buyVolume = 0;
  let turnover = 0;
  const volumes = new ExactSum();
  const buyVolumes = new ExactSum();
  const turnovers = new ExactSum();
  for (let row = from; row < to; row++) {
    const price = priceUnits[row]!;
    const size = sizeUnits[row]!;
    if (price > high) high = price;
    if (price < low) low = price;
    if (volume + size > MAX) {
      volumes.spill(volume, BigInt(size));
      volume = 0;
    } else volume += size;
    if (batch.isBuy(row)) {
      if (buyVolume + size > MAX) {
        buyVolumes.spill(buyVolume, BigInt(size));
        buyVolume = 0;
      } else buyVolume += size;
    }
    const product = price * size;
    if (turnover + product > MAX) {
      turnovers.spill(turnover, BigInt(price) * BigInt(size));
      turnover = 0;
    } else turnover += product;
  }
  return {
    trades: to - from,
    received: to - from,
    first: pointOf(batch, from),
    last: pointOf(batch, to - 1),
    high: batch.priceOf(high),
    low: batch.priceOf(low),
    priceScale: batch.priceScale,
    sizeScale: batch.sizeScale,
    volume: volumes.with(volume),
    buyVolume: batch.hasSides ? buyVolumes.with(buyVolume) : null,
    turnover: turnovers.with(turnover),
    idsAreSeqs: batch.seqIds !== null,
  };
}

function pointOf(batch: TradeBatch, row: number): TradePoint {
  return { ts: batch.ts[row]!, seq: batch.seq[row]!, price: batch.price(row) };
}

/** End of the rows that follow one another in one batch, from `start` on. */
function endOfStretch(rows: readonly RowRef[], start: number): number {
  const { batch, row } = rows[start]!;
  let end = start + 1;
  while (end < rows.length && rows[end]!.batch === batch && rows[end]!.row === row + end - start) end++;
  return end;
}
