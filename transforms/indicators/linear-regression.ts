/** Least-squares line y = intercept + slope × x through points, and how well it fits. */

export interface Fit {
  /** Unit: y per x. */
  readonly slope: number;
  /** Value at x = 0. Unit: y. */
  readonly intercept: number;
  /** Coefficient of determination, 0..1; 1 where all y are equal, for the line then misses none. */
  readonly r2: number;
}

/** Null where no line is determined: fewer than two points, or all at the same x. */
export function linearRegression(x: ArrayLike<number>, y: ArrayLike<number>): Fit | null {
  const n = x.length;
  if (n < 2) return null;
  // Distances from the first point: prices are large, their differences small, and equal ones must differ by 0.
  const x0 = x[0]!;
  const y0 = y[0]!;
  let sumX = 0;
  let sumY = 0;
  for (let i = 0; i < n; i++) {
    sumX += x[i]! - x0;
    sumY += y[i]! - y0;
  }
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let i = 0; i < n; i++) {
    const dx = x[i]! - x0 - sumX / n;
    const dy = y[i]! - y0 - sumY / n;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  if (xx === 0) return null;
  const slope = xy / xx;
  const r2 = yy === 0 ? 1 : Math.min(1, (xy * xy) / (xx * yy));
  return { slope, intercept: y0 + sumY / n - slope * (x0 + sumX / n), r2 };
}
