/** Arithmetic mean of numbers: the seed of EMA, RSI and ATR, and the yardstick of volume spikes. */

/** Mean of `values[from, to)`; NaN where that is empty. */
export function mean(values: ArrayLike<number>, from = 0, to = values.length): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i]!;
  return sum / (to - from);
}
