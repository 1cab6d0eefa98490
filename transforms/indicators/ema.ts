/** Exponential moving average, as TA-Lib's EMA: factor 2/(period+1), seeded with the mean of the first `period` values. */
import { mean } from './sma.ts';

/** One number per value, oldest first, in the unit of the values; NaN for the first `period − 1`. */
export function ema(values: ArrayLike<number>, period: number): number[] {
  const out = new Array<number>(values.length).fill(Number.NaN);
  walk(values, period, (i, average) => {
    out[i] = average;
  });
  return out;
}

/** Average after the newest value; null in warm-up, i.e. for fewer than `period` values. */
export function lastEma(values: ArrayLike<number>, period: number): number | null {
  return values.length < period ? null : walk(values, period, ignore);
}

function walk(values: ArrayLike<number>, period: number, see: (i: number, average: number) => void): number {
  if (values.length < period) return Number.NaN;
  const factor = 2 / (period + 1);
  let average = mean(values, 0, period);
  see(period - 1, average);
  for (let i = period; i < values.length; i++) {
    average += factor * (values[i]! - average);
    see(i, average);
  }
  return average;
}

function ignore(): void {}
