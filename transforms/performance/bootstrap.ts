/** How far a mean may be off by chance: stationary bootstrap, which keeps the dependence of neighbours. */
import { meanOf, quantileOf } from './statistics.ts';

export interface BootstrapOptions {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Default 2,000. */
  readonly samples?: number | undefined;
  /** Mean length of the blocks that are drawn. Default n^(1/3), as for a mean of weakly dependent values. */
  readonly blockLength?: number | undefined;
  /** Default 0.95. */
  readonly confidence?: number | undefined;
}

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Share of the samples whose mean is not above 0. */
  readonly notAboveZero: number;
}

/** With fewer values the interval says nothing. */
export const MIN_VALUES = 10;

/** Percentile interval of the mean; null where it is not available. D. Politis and J. Romano, "The Stationary Bootstrap", 1994. */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions): Interval | null {
  const n = values.length;
  if (n < MIN_VALUES) return null;
  const { random, samples = 2_000, blockLength = Math.cbrt(n), confidence = 0.95 } = options;
  const means = Array.from({ length: samples }, () => sampleMean(values, random, 1 / blockLength));
  means.sort((a, b) => a - b);
  const tail = (1 - confidence) / 2;
  return {
    mean: meanOf(values),
    low: quantileOf(means, tail),
    high: quantileOf(means, 1 - tail),
    notAboveZero: means.filter((mean) => mean <= 0).length / samples,
  };
}

function sampleMean(values: readonly number[], random: () => number, jump: number): number {
  const n = values.length;
  let at = Math.floor(random() * n);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum += values[at]!;
    at = random() < jump ? Math.floor(random() * n) : (at + 1) % n;
  }
  return sum / n;
}
