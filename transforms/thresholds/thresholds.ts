/**
 * Comparisons with a limit that floating point cannot decide. Prices and parameters are decimals: 100.6 − 100 is a
 * hair below 0.6 in binary, yet it is "at least 0.6" to everyone who reads the rule.
 */

/** Share of the limit that counts as equal: far above rounding of a price, far below any tick. */
const NOISE = 1e-9;

export function atLeast(value: number, limit: number): boolean {
  return value >= limit - NOISE * Math.abs(limit);
}

export function atMost(value: number, limit: number): boolean {
  return value <= limit + NOISE * Math.abs(limit);
}

/** Strictly more than the limit. */
export function above(value: number, limit: number): boolean {
  return value > limit + NOISE * Math.abs(limit);
}

/** Strictly less than the limit. */
export function below(value: number, limit: number): boolean {
  return value < limit - NOISE * Math.abs(limit);
}
