/**
 * Wilder's relative strength index, as TA-Lib's RSI: 100 × gains / (gains + losses), both smoothed with factor
 * 1/period and seeded with the mean of the first `period` moves. Only gains give 100, only losses 0, and where
 * nothing moved at all it is 0, as in TA-Lib: never NaN.
 */

/** One number in 0..100 per close, oldest first; NaN for the first `period`. */
export function rsi(closes: ArrayLike<number>, period: number): number[] {
  const out = new Array<number>(closes.length).fill(Number.NaN);
  walk(closes, period, (i, value) => {
    out[i] = value;
  });
  return out;
}

/** RSI at the newest close; null in warm-up, i.e. for fewer than `period + 1` closes. */
export function lastRsi(closes: ArrayLike<number>, period: number): number | null {
  return closes.length <= period ? null : walk(closes, period, ignore);
}

function walk(closes: ArrayLike<number>, period: number, see: (i: number, value: number) => void): number {
  let gain = 0;
  let loss = 0;
  let value = Number.NaN;
  for (let i = 1; i < closes.length; i++) {
    const move = closes[i]! - closes[i - 1]!;
    const up = Math.max(move, 0);
    const down = Math.max(-move, 0);
    if (i <= period) {
      gain += up / period;
      loss += down / period;
    } else {
      gain += (up - gain) / period;
      loss += (down - loss) / period;
    }
    if (i >= period) {
      value = strength(gain, loss);
      see(i, value);
    }
  }
  return value;
}

function strength(gain: number, loss: number): number {
  if (loss === 0) return gain === 0 ? 0 : 100;
  return (100 * gain) / (gain + loss);
}

function ignore(): void {}
