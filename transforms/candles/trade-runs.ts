/** Runs of one minute's trades, as they came in batches, merged into one fold of its distinct trades. */

import { decodeTradeBatch, newTradeColumns, type TradeBatch } from '../../schemas/trade-batch.ts';
import type { TradeFold } from '../market-data.ts';
import { bytesOf } from '../shipped-bytes.ts';
import { foldBatches, joinFolds } from './trade-fold.ts';
import { type FoldedRun, isDisjoint } from './trade-order.ts';

const columns = newTradeColumns(4096);

/** Runs that may share trades, and the end of the last of them. */
interface Cluster {
  readonly runs: FoldedRun[];
  readonly end: TradeFold['last'];
}

/**
 * Runs that follow one another are merged by their sums; those that overlap are read again, trade by trade.
 * `received` counts every copy of every trade.
 */
export function mergeRuns(runs: readonly FoldedRun[]): { fold: TradeFold | null; received: number } {
  const received = runs.reduce((sum, run) => sum + run.fold.received, 0);
  const folds = clustersOf(withoutCopies(runs)).flatMap((cluster) => foldOf(cluster.runs) ?? []);
  return { fold: joinFolds(folds), received };
}

function foldOf(runs: readonly FoldedRun[]): TradeFold | null {
  const [only] = runs;
  return runs.length === 1 && only ? only.fold : foldBatches(runs.map(decode));
}

/** Each run joins all earlier clusters that it may share trades with; what lies between them joins too. */
function clustersOf(ordered: readonly FoldedRun[]): Cluster[] {
  const clusters: Cluster[] = [];
  for (const run of ordered) {
    const { first, last } = run.fold;
    let joinFrom = clusters.length;
    for (let i = clusters.length - 1; i >= 0 && clusters[i]!.end.ts >= first.ts; i--) {
      if (!isDisjoint(clusters[i]!.runs, clusters[i]!.end, run, glance)) joinFrom = i;
    }
    if (joinFrom === clusters.length) {
      clusters.push({ runs: [run], end: last });
      continue;
    }
    const joined = clusters.splice(joinFrom);
    const ends = [...joined.map(({ end }) => end), last];
    clusters.push({
      runs: [...joined.flatMap(({ runs }) => runs), run],
      end: ends.reduce((newest, end) => (comparePoints(newest, end) < 0 ? end : newest)),
    });
  }
  return clusters;
}

/** In order of first and last trade, each payload once: a redelivered message is the most common overlap. */
function withoutCopies(runs: readonly FoldedRun[]): FoldedRun[] {
  // As most come: then the sort, a copy with a comparison or two for each, is saved.
  const isOrdered = runs.every((run, at) => at === 0 || compareRuns(runs[at - 1]!, run) <= 0);
  const ordered = isOrdered ? runs : runs.toSorted(compareRuns);
  return ordered.filter((run, at) => {
    const before = ordered[at - 1];
    return !before || !isCopy(before, run);
  });
}

function compareRuns({ fold: a }: FoldedRun, { fold: b }: FoldedRun): number {
  return comparePoints(a.first, b.first) || comparePoints(a.last, b.last);
}

function isCopy(a: FoldedRun, b: FoldedRun): boolean {
  return (
    a.payload.length === b.payload.length &&
    compareRuns(a, b) === 0 &&
    Buffer.compare(bytesOf(a.payload), bytesOf(b.payload)) === 0
  );
}

function decode(run: FoldedRun): TradeBatch {
  return decodeTradeBatch(bytesOf(run.payload));
}

/** A decoded run that lasts until the next glance. */
function glance(run: FoldedRun): TradeBatch {
  return decodeTradeBatch(bytesOf(run.payload), columns);
}

function comparePoints(a: TradeFold['last'], b: TradeFold['last']): number {
  return a.ts - b.ts || a.seq - b.seq;
}
