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

const MAX = Number.MAX_SAFE_INTEGER;

/** Rows [from, to), at least one, distinct and in order. */
function foldRows(batch: TradeBatch, from: number, to: number): TradeFold {
  const { priceUnits } = batch;
  let high = 0;
  let low = Number.POSITIVE_INFINITY;
  for (let row = from; row < to; row++) {
    const price = priceUnits[row]!;
    if (price > high) high = price;
    if (price < low) low = price;
  }
  const { volume, buyVolume, turnover } = sumsOf(batch, from, to) ?? wideSumsOf(batch, from, to);
  return {
    trades: to - from,
    received: to - from,
    first: pointOf(batch, from),
    last: pointOf(batch, to - 1),
    high: batch.priceOf(high),
    low: batch.priceOf(low),
    priceScale: batch.priceScale,
    sizeScale: batch.sizeScale,
    volume,
    buyVolume,
    turnover,
    idsAreSeqs: batch.seqIds !== null,
  };
}

type Sums = Pick<TradeFold, 'volume' | 'buyVolume' | 'turnover'>;

/** Null where a sum reaches 2^53. Terms are ≥ 0, so a sum that stays below was exact all along. */
function sumsOf(batch: TradeBatch, from: number, to: number): Sums | null {
  const { priceUnits, sizeUnits } = batch;
  let volume = 0;
  let buyVolume = 0;
  let turnover = 0;
  for (let row = from; row < to; row++) {
    const size = sizeUnits[row]!;
    volume += size;
    if (batch.isBuy(row)) buyVolume += size;
    turnover += priceUnits[row]! * size;
  }
  if (volume > MAX || turnover > MAX) return null;
  return { volume, buyVolume: batch.hasSides ? buyVolume : null, turnover };
}

function wideSumsOf(batch: TradeBatch, from: number, to: number): Sums {
  let volume = 0n;
  let buyVolume = 0n;
  let turnover = 0n;
  for (let row = from; row < to; row++) {
    const size = BigInt(batch.sizeUnits[row]!);
    volume += size;
    if (batch.isBuy(row)) buyVolume += size;
    turnover += BigInt(batch.priceUnits[row]!) * size;
  }
  return {
    volume: exactInt(volume),
    buyVolume: batch.hasSides ? exactInt(buyVolume) : null,
    turnover: exactInt(turnover),
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
