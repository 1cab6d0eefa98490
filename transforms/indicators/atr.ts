/**
 * Wilder's average true range, as TA-Lib's ATR. The true range of a bar is the largest of high − low and the
 * distances of high and low from the close before; it is smoothed with factor 1/period and seeded with the mean of
 * the first `period` ranges. The first bar has no close before it, hence no range.
 */

export interface RangeBar {
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** One number per bar, oldest first, in the unit of the prices; NaN for the first `period` bars. */
export function atr(bars: readonly RangeBar[], period: number): number[] {
  const out = new Array<number>(bars.length).fill(Number.NaN);
  walk(bars, period, (i, average) => {
    out[i] = average;
  });
  return out;
}

/** ATR at the newest bar; null in warm-up, i.e. for fewer than `period + 1` bars. */
export function lastAtr(bars: readonly RangeBar[], period: number): number | null {
  return bars.length <= period ? null : walk(bars, period, ignore);
}

function walk(bars: readonly RangeBar[], period: number, see: (i: number, average: number) => void): number {
  let sum = 0;
  let average = 0;
  for (let i = 1; i < bars.length; i++) {
    const range = trueRange(bars[i]!, bars[i - 1]!.close);
    if (i <= period) {
      sum += range;
      average = sum / period;
    } else {
      average += (range - average) / period;
    }
    if (i >= period) see(i, average);
  }
  return average;
}

function trueRange(bar: RangeBar, closeBefore: number): number {
  return Math.max(bar.high, closeBefore) - Math.min(bar.low, closeBefore);
}

function ignore(): void {}
