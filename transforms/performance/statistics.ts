/** The few statistics that performance is measured with; jStat's, under the names of the papers. */
import jstat from 'jstat';

const { jStat } = jstat;

/** Shape of a sample of returns. `kurtosis` is 3 for a normal distribution. */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  /** Of a sample: divided by n − 1. */
  readonly sd: number;
  readonly skewness: number;
  readonly kurtosis: number;
}

/** Null for fewer than two values, or where all are the same: nothing can be divided by no spread. */
export function momentsOf(values: readonly number[]): Moments | null {
  if (values.length < 2) return null;
  const [mean, sd] = [meanOf(values), jStat.stdev(values, true)];
  if (!(sd > SPREAD * Math.abs(mean))) return null;
  return {
    n: values.length,
    mean,
    sd,
    skewness: jStat.skewness(values),
    kurtosis: jStat.kurtosis(values) + 3,
  };
}

/** What rounding leaves of a spread that is none. Unit: share of the mean. */
const SPREAD = 1e-12;

export function meanOf(values: readonly number[]): number {
  return jStat.mean(values);
}

export function normalCdf(x: number): number {
  return jStat.normal.cdf(x, 0, 1);
}

/** The x below which a share `p` of the normal distribution lies. */
export function normalQuantile(p: number): number {
  return jStat.normal.inv(p, 0, 1);
}

/** The value below which a share of the values lies, between neighbours in proportion. @param sorted Ascending, not empty. */
export function quantileOf(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}
