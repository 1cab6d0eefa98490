/** Return for risk, and what of it may be luck. */
import { type Moments, meanOf, momentsOf, normalCdf, normalQuantile } from './statistics.ts';

/** Crypto trades each day of the year. */
export const DAYS_A_YEAR = 365;
/** With fewer returns the ratios say more of chance than of the strategy: not available. */
export const MIN_RETURNS = 14;

/** Mean over standard deviation of a period, annualised by √periods; null where it is not available. W. Sharpe, 1994. */
export function sharpeRatio(returns: readonly number[], periods = DAYS_A_YEAR): number | null {
  const moments = returns.length < MIN_RETURNS ? null : momentsOf(returns);
  return moments === null ? null : (moments.mean / moments.sd) * Math.sqrt(periods);
}

/**
 * Mean over downside deviation from 0, annualised; null where it is not available or nothing was lost.
 * T. Rollinger and S. Hoffman, "Sortino: A 'Sharper' Ratio": the deviation is taken over all periods.
 */
export function sortinoRatio(returns: readonly number[], periods = DAYS_A_YEAR): number | null {
  if (returns.length < MIN_RETURNS) return null;
  return downsideRatio(returns, periods);
}

export function downsideRatio(returns: readonly number[], periods: number): number | null {
  const downside = Math.sqrt(meanOf(returns.map((each) => Math.min(each, 0) ** 2)));
  return downside === 0 ? null : (meanOf(returns) / downside) * Math.sqrt(periods);
}

/** Probability that the true Sharpe ratio is above `benchmark`; both per period. D. Bailey and M. López de Prado, 2012. */
export function probabilisticSharpe(moments: Moments, benchmark: number): number {
  const { n, mean, sd, skewness, kurtosis } = moments;
  const sharpe = mean / sd;
  const error = Math.sqrt(1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe ** 2);
  return normalCdf(((sharpe - benchmark) * Math.sqrt(n - 1)) / error);
}

const EULER_MASCHERONI = 0.5772156649015329;

/**
 * Sharpe ratio per period that the best of so many trials without any skill is expected to have.
 * D. Bailey and M. López de Prado, "The Deflated Sharpe Ratio", 2014.
 * @param variance Of the Sharpe ratios per period over the trials.
 */
export function expectedMaxSharpe(trials: number, variance: number): number {
  if (trials < 2) return 0;
  const first = normalQuantile(1 - 1 / trials);
  const second = normalQuantile(1 - 1 / (trials * Math.E));
  return Math.sqrt(variance) * ((1 - EULER_MASCHERONI) * first + EULER_MASCHERONI * second);
}

export interface Trials {
  /** How many were tried to find this one, all of them counted. */
  readonly count: number;
  /** Of their Sharpe ratios per period. */
  readonly variance: number;
}

/** Probability that a Sharpe ratio is above what the best of the trials would have by luck; null where it is not available. */
export function deflatedSharpe(returns: readonly number[], { count, variance }: Trials): number | null {
  const moments = returns.length < MIN_RETURNS ? null : momentsOf(returns);
  return moments === null ? null : probabilisticSharpe(moments, expectedMaxSharpe(count, variance));
}
