/**
 * Pivots: bars whose high (low) stands out from `k` bars on each side.
 *
 * The k bars before must be strictly lower. After the pivot, k bars in a row must be strictly lower too; a bar equal
 * to it starts that count again, a higher one undoes it. So tops at the same price, side by side or fewer than k bars
 * apart, are one pivot and count once, at the first of them. A pivot near the end that the bars so far do not yet
 * confirm is none. Time is linear in the number of bars.
 */

/** Indices of pivot highs, oldest first. */
export function pivotHighs(highs: ArrayLike<number>, k: number): number[] {
  return pivots(highs, k, 1);
}

/** Indices of pivot lows, oldest first. */
export function pivotLows(lows: ArrayLike<number>, k: number): number[] {
  return pivots(lows, k, -1);
}

function pivots(values: ArrayLike<number>, k: number, sign: 1 | -1): number[] {
  const found: number[] = [];
  for (let i = k; i < values.length - k; i++) {
    if (risesTo(values, i, k, sign) && fallsAfter(values, i, k, sign)) found.push(i);
  }
  return found;
}

function risesTo(values: ArrayLike<number>, at: number, k: number, sign: number): boolean {
  for (let i = at - k; i < at; i++) {
    if (sign * (values[at]! - values[i]!) <= 0) return false;
  }
  return true;
}

function fallsAfter(values: ArrayLike<number>, at: number, k: number, sign: number): boolean {
  let lower = 0;
  for (let i = at + 1; i < values.length && lower < k; i++) {
    const difference = sign * (values[at]! - values[i]!);
    if (difference < 0) return false;
    lower = difference === 0 ? 0 : lower + 1;
  }
  return lower === k;
}
