/**
 * Probability of backtest overfitting by combinatorially symmetric cross-validation.
 * D. Bailey, J. Borwein, M. López de Prado and Q. Zhu, "The Probability of Backtest Overfitting", 2015.
 */
import { InvariantError } from '../../schemas/errors.ts';

export interface Overfitting {
  /** Share of the splits in which the best trial of one half is no better than the median one in the other. */
  readonly probability: number;
  /** Share of the splits in which it loses money there. */
  readonly lossProbability: number;
  readonly splits: number;
}

/** Sums that a Sharpe ratio is made of. */
interface Sums {
  n: number;
  sum: number;
  squares: number;
}

/**
 * @param trials Returns of each trial, all of the same periods in the same order.
 * @param blocks Even; the periods are cut into so many of the same length, the oldest that are left over are left out.
 * @returns Null with fewer than two trials or two periods a block: not available.
 */
export function overfittingOf(trials: readonly (readonly number[])[], blocks = 16): Overfitting | null {
  if (blocks < 2 || blocks % 2 !== 0)
    throw new InvariantError(`Expected an even number of blocks, got ${blocks}.`);
  const length = Math.floor((trials[0]?.length ?? 0) / blocks);
  if (trials.some((returns) => returns.length !== trials[0]!.length))
    throw new InvariantError('Expected returns of the same periods from each trial, got different lengths.');
  if (trials.length < 2 || length < 2) return null;
  const sums = trials.map((returns) => blockSums(returns.slice(returns.length % blocks), blocks, length));
  const halves = combinations(blocks, blocks / 2);
  const outcomes = halves.map((half) => outcomeOf(sums, half, blocks));
  const share = (is: (outcome: Outcome) => boolean) => outcomes.filter(is).length / outcomes.length;
  return {
    probability: share(({ relativeRank }) => relativeRank <= 0.5),
    lossProbability: share(({ isLoss }) => isLoss),
    splits: halves.length,
  };
}

function blockSums(returns: readonly number[], blocks: number, length: number): Sums[] {
  return Array.from({ length: blocks }, (_, i) => {
    const block = returns.slice(i * length, (i + 1) * length);
    const add = (f: (value: number) => number) => block.reduce((sum, value) => sum + f(value), 0);
    return { n: length, sum: add((value) => value), squares: add((value) => value ** 2) };
  });
}

interface Outcome {
  /** Rank among the trials over their number and one: 0.5 is the median. */
  readonly relativeRank: number;
  readonly isLoss: boolean;
}

function outcomeOf(sums: readonly Sums[][], half: readonly number[], blocks: number): Outcome {
  const rest = Array.from({ length: blocks }, (_, i) => i).filter((i) => !half.includes(i));
  const inSample = sums.map((trial) => sharpeOf(trial, half));
  const outOfSample = sums.map((trial) => sharpeOf(trial, rest));
  const best = inSample.indexOf(inSample.reduce((a, b) => Math.max(a, b)));
  const reached = outOfSample[best]!;
  const below = outOfSample.filter((each) => each < reached).length;
  const equal = outOfSample.filter((each) => each === reached).length;
  return { relativeRank: (below + (equal + 1) / 2) / (sums.length + 1), isLoss: reached <= 0 };
}

/** A trial that never trades has earned nothing, without risk. */
function sharpeOf(trial: readonly Sums[], blocks: readonly number[]): number {
  const total: Sums = { n: 0, sum: 0, squares: 0 };
  for (const i of blocks) {
    total.n += trial[i]!.n;
    total.sum += trial[i]!.sum;
    total.squares += trial[i]!.squares;
  }
  const mean = total.sum / total.n;
  const variance = (total.squares - total.n * mean ** 2) / (total.n - 1);
  return variance > 0 ? mean / Math.sqrt(variance) : 0;
}

/** All ways to take `k` of 0 … n − 1, each ascending. */
function combinations(n: number, k: number, from = 0): number[][] {
  if (k === 0) return [[]];
  const all: number[][] = [];
  for (let first = from; first <= n - k; first++)
    for (const rest of combinations(n, k - 1, first + 1)) all.push([first, ...rest]);
  return all;
}
