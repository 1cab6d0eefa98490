/**
 * Order and identity of trades: by (ts, seq, tradeId); one tradeId is one trade, and of its copies the one with the
 * smallest seq counts. Copies carry one ts, so only trades of one millisecond need to be compared.
 */
import type { TradeBatch } from '../../schemas/trade-batch.ts';
import type { TradeFold } from '../market-data.ts';

export interface RowRef {
  readonly batch: TradeBatch;
  readonly row: number;
}

/** Trades of one millisecond up to which ids are compared pair by pair. */
const SHORT_RUN = 32;

/** True where the rows are in order and certainly distinct; false where that takes a closer look. */
export function isInOrder(batch: TradeBatch): boolean {
  const { ts, seq, count } = batch;
  const idsAreSeqs = batch.seqIds !== null;
  let runStart = 0;
  for (let row = 1; row < count; row++) {
    const step = ts[row]! - ts[row - 1]!;
    if (step < 0) return false;
    if (step > 0) {
      runStart = row;
      continue;
    }
    if (seq[row]! <= seq[row - 1]!) return false;
    if (!idsAreSeqs && !isNewInRun(batch, runStart, row)) return false;
  }
  return true;
}

export interface DistinctRows {
  /** In order, each trade once. */
  readonly rows: readonly RowRef[];
  /** Contents told of trades besides the one that counts: an exchange that corrects itself, or a fault. */
  readonly disputed: number;
}

export function distinctInOrder(batches: readonly TradeBatch[]): DistinctRows {
  const ordered = batches.flatMap((batch) =>
    Array.from({ length: batch.count }, (_, row) => ({ batch, row })),
  );
  ordered.sort(compareRows);
  const rows: RowRef[] = [];
  const told = new Map<string, RowRef[]>();
  let disputed = 0;
  for (let at = 0; at < ordered.length; at++) {
    const ref = ordered[at]!;
    const follows = at > 0 && tsOf(ordered[at - 1]!) === tsOf(ref);
    const isFollowed = at + 1 < ordered.length && tsOf(ordered[at + 1]!) === tsOf(ref);
    if (!follows) told.clear();
    const earlier = follows || isFollowed ? toldOf(told, ref) : [];
    if (earlier.length === 0) rows.push(ref);
    else if (earlier.every((each) => compareContents(each, ref) !== 0)) disputed += 1;
    else continue;
    earlier.push(ref);
  }
  return { rows, disputed };
}

/** Contents of the same trade so far, in this millisecond. */
function toldOf(told: Map<string, RowRef[]>, { batch, row }: RowRef): RowRef[] {
  const id = batch.tradeId(row);
  const known = told.get(id) ?? [];
  if (known.length === 0) told.set(id, known);
  return known;
}

/**
 * True where all trades of `a` come before all of `b` and no trade is in both.
 * Runs that meet in one millisecond are looked into only where their seqs do not settle it.
 * @param end Last trade of all of `a`. @param decode Its batch may be overwritten by the next call.
 */
export function isDisjoint(
  a: readonly FoldedRun[],
  end: TradeFold['last'],
  b: FoldedRun,
  decode: (run: FoldedRun) => TradeBatch,
): boolean {
  const { first, last, idsAreSeqs } = b.fold;
  if (end.ts !== first.ts) return end.ts < first.ts;
  if (end.seq >= first.seq) return false;
  if (idsAreSeqs && a.every((run) => run.fold.idsAreSeqs)) return true;
  // A run that ends where it begins may be met again by the next one: then they are all looked at together.
  if (last.ts === first.ts) return false;
  const seen = new Set<string | number>();
  for (const run of a)
    if (run.fold.last.ts === end.ts) for (const id of idsAt(decode(run), end.ts)) seen.add(id);
  return idsAt(decode(b), end.ts).every((id) => !seen.has(id));
}

export interface FoldedRun {
  readonly fold: TradeFold;
  readonly payload: Uint8Array;
}

/** What tells the trades of one instant apart: the start of a UUID, which may be shared and only costs a closer look, or the id. */
function idsAt(batch: TradeBatch, ts: number): (string | number)[] {
  const ids: (string | number)[] = [];
  for (let row = 0; row < batch.count; row++) {
    if (batch.ts[row] === ts) ids.push(batch.idBits(row) || batch.tradeId(row));
  }
  return ids;
}

function isNewInRun(batch: TradeBatch, runStart: number, row: number): boolean {
  if (row - runStart > SHORT_RUN) return false;
  const bits = batch.idBits(row);
  for (let before = runStart; before < row; before++) if (batch.idBits(before) === bits) return false;
  return true;
}

function tsOf({ batch, row }: RowRef): number {
  return batch.ts[row]!;
}

/** Total on content: equal only where two rows say the same, so that which of two copies is kept means nothing. */
function compareRows(a: RowRef, b: RowRef): number {
  return (
    a.batch.ts[a.row]! - b.batch.ts[b.row]! ||
    a.batch.seq[a.row]! - b.batch.seq[b.row]! ||
    compareText(a.batch.tradeId(a.row), b.batch.tradeId(b.row)) ||
    compareContents(a, b)
  );
}

/** What was traded. A copy may come under another seq: where it stands in its millisecond, sources tell differently. */
function compareContents(a: RowRef, b: RowRef): number {
  return (
    a.batch.price(a.row) - b.batch.price(b.row) ||
    a.batch.size(a.row) - b.batch.size(b.row) ||
    Number(a.batch.isBuy(a.row)) - Number(b.batch.isBuy(b.row))
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
