/** Pivots by their definition: gather the top's equals, each at most k bars after the one before, then look at both flanks. */

export function isPivotHigh(highs: readonly number[], first: number, k: number): boolean {
  const top = highs[first]!;
  let last = first;
  for (;;) {
    const next = highs.findIndex((high, i) => i > last && i <= last + k && high === top);
    if (next < 0) break;
    last = next;
  }
  const before = highs.slice(Math.max(0, first - k), first);
  const after = highs.slice(last + 1, last + 1 + k);
  const isLower = (high: number) => high < top;
  return (
    before.length === k &&
    after.length === k &&
    before.every(isLower) &&
    after.every(isLower) &&
    highs.slice(first, last).every((high) => high <= top)
  );
}

export function isPivotLow(lows: readonly number[], first: number, k: number): boolean {
  return isPivotHigh(
    lows.map((low) => -low),
    first,
    k,
  );
}
