/** The best of many trials, and how much of it is the luck of having tried many. */
import { type Overfitting, overfittingOf } from './overfitting.ts';
import type { Performance } from './performance.ts';
import { deflatedSharpe, MIN_RETURNS, type Trials } from './ratios.ts';
import { momentsOf } from './statistics.ts';

/** What a trial may be chosen by; the highest is the best. Null: not available. */
export const OBJECTIVES = {
  sharpe: ({ sharpe }) => sharpe,
  sortino: ({ sortino }) => sortino,
  net: ({ net, trades }) => (trades === 0 ? null : net),
  expectancy: ({ expectancy }) => expectancy,
  'profit-factor': ({ profitFactor }) => profitFactor,
  /** Net return over the deepest drawdown. */
  calmar: ({ netReturn, maxDrawdown }) => (maxDrawdown.share === 0 ? null : netReturn / maxDrawdown.share),
} satisfies Record<string, (performance: Measured) => number | null>;
export type Objective = keyof typeof OBJECTIVES;
export const OBJECTIVE_NAMES = Object.keys(OBJECTIVES) as Objective[];

type Measured = Omit<Performance, 'deflatedSharpe'>;

export interface Measure {
  readonly performance: Measured;
}

/** Null with fewer trades than `minTrades`: what so few earned says nothing of the next. */
export function scoreOf({ performance }: Measure, objective: Objective, minTrades: number): number | null {
  return performance.trades < minTrades ? null : OBJECTIVES[objective](performance);
}

/** The best first, those without a score last; of equal ones the earlier. */
export function ranked<T extends Measure>(
  trials: readonly T[],
  objective: Objective,
  minTrades: number,
): T[] {
  const score = (trial: T) => scoreOf(trial, objective, minTrades) ?? Number.NEGATIVE_INFINITY;
  // The difference of two that are not available is not a number, and so no difference.
  return trials.toSorted((a, b) => score(b) - score(a) || 0);
}

/** Sharpe ratio of a period; null where it is not available. */
export function periodSharpe(returns: readonly number[]): number | null {
  const moments = returns.length < MIN_RETURNS ? null : momentsOf(returns);
  return moments === null ? null : moments.mean / moments.sd;
}

export interface Judgement {
  /** Trials that the best was chosen from, and all that were counted. */
  readonly trials: number;
  readonly counted: number;
  /** Probability that the best has any skill, given how many were tried. */
  readonly deflatedSharpe: number | null;
  readonly overfitting: Overfitting | null;
  /** The deflated Sharpe ratio is at least 0.95 and the probability of overfitting below 0.5; null: not available. */
  readonly isSignificant: boolean | null;
}

const LEVEL = 0.95;
const MAX_OVERFITTING = 0.5;

/**
 * @param best Returns of the trial that was chosen. @param trials Those of all it was chosen from, of the same periods.
 * @param counted All that were ever tried on these data; never fewer than `trials`.
 */
export function judged(
  best: readonly number[],
  trials: readonly (readonly number[])[],
  counted: { readonly count: number; readonly sharpes: readonly number[] },
): Judgement {
  const count = Math.max(counted.count, trials.length);
  const variance = varianceOf(counted.sharpes);
  const probability =
    variance === null && count > 1 ? null : deflatedSharpe(best, { count, variance: variance ?? 0 });
  const blocks = blocksFor(best.length);
  const overfitting = blocks < MIN_BLOCKS ? null : overfittingOf(trials, blocks);
  const isSignificant =
    probability === null || (count > 1 && overfitting === null)
      ? null
      : probability >= LEVEL && (overfitting?.probability ?? 0) < MAX_OVERFITTING;
  return { trials: trials.length, counted: count, deflatedSharpe: probability, overfitting, isSignificant };
}

/** Null with fewer than two: how much luck there was to be had is not known. */
function varianceOf(sharpes: readonly number[]): Trials['variance'] | null {
  if (sharpes.length < 2) return null;
  return (momentsOf(sharpes)?.sd ?? 0) ** 2;
}

const MOST_BLOCKS = 16;
/** Of which there are 20 halves: with fewer the share of them says little. */
const MIN_BLOCKS = 6;

/** As many blocks of at least two periods as there are, an even number. */
function blocksFor(periods: number): number {
  return 2 * Math.floor(Math.min(MOST_BLOCKS, periods / 2) / 2);
}
