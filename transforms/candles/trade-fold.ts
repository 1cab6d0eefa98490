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
  const { rows, disputed } = distinctInOrder(batches);
  const stretches: TradeFold[] = [];
  for (let start = 0; start < rows.length; ) {
    const end = endOfStretch(rows, start);
    const { batch, row } = rows[start]!;
    stretches.push(foldRows(batch, row, row + end - start));
    start = end;
  }
  const fold = joinFolds(stretches);
  return fold && { ...fold, disputed, received: batches.reduce((sum, batch) => sum + batch.count, 0) };
}

/** Fold of runs of distinct trades, all of each before all of the next; null where there is none. Exact, also where scales differ. */
export function joinFolds(folds: readonly TradeFold[]): TradeFold | null {
  const [first] = folds;
  if (!first || folds.length === 1) return first ?? null;
  let { high, low, priceScale, sizeScale, idsAreSeqs } = first;
  let trades = 0;
  let received = 0;
  let disputed = 0;
  for (const fold of folds) {
    trades += fold.trades;
    received += fold.received;
    disputed += fold.disputed;
    if (fold.high > high) high = fold.high;
    if (fold.low < low) low = fold.low;
    if (fold.priceScale > priceScale) priceScale = fold.priceScale;
    if (fold.sizeScale > sizeScale) sizeScale = fold.sizeScale;
    idsAreSeqs &&= fold.idsAreSeqs;
  }
  const sums = joinSums(folds, priceScale, sizeScale);
  const { last } = folds[folds.length - 1]!;
  return {
    trades,
    disputed,
    received,
    first: first.first,
    last,
    high,
    low,
    priceScale,
    sizeScale,
    ...sums,
    idsAreSeqs,
  };
}

function joinSums(folds: readonly TradeFold[], priceScale: number, sizeScale: number): Sums {
  let volume: ExactInt = 0;
  let buyVolume: ExactInt | null = 0;
  let turnover: ExactInt = 0;
  for (const fold of folds) {
    const places = sizeScale - fold.sizeScale;
    volume = add(volume, shift(fold.volume, places));
    buyVolume =
      buyVolume === null || fold.buyVolume === null ? null : add(buyVolume, shift(fold.buyVolume, places));
    turnover = add(turnover, shift(fold.turnover, priceScale - fold.priceScale + places));
  }
  return { volume, buyVolume, turnover };
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
    disputed: 0,
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
  const { priceUnits, sizeUnits, hasSides } = batch;
  let volume = 0;
  let buyVolume = 0;
  let turnover = 0;
  for (let row = from; row < to; row++) {
    const size = sizeUnits[row]!;
    volume += size;
    if (hasSides) buyVolume += batch.buyBit(row) * size;
    turnover += priceUnits[row]! * size;
  }
  if (volume > MAX || turnover > MAX) return null;
  return { volume, buyVolume: hasSides ? buyVolume : null, turnover };
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
