/**
 * Series in the notation of promtool: values with a blank between, `_` for none, `axn` for a that comes n times more, and
 * `stale` where a scrape has a series no more, as Prometheus marks it.
 */

export interface Recording {
  /** Unit: s. */
  readonly everyS: number;
  /** By `name{label="value"}`. */
  readonly series: Readonly<Record<string, string>>;
}

/** @param values Undefined where nothing was scraped. */
export function seriesText(values: readonly (number | undefined)[]): string {
  const runs: { value: string; more: number }[] = [];
  for (const [i, known] of values.entries()) {
    const isGone = known === undefined && values[i - 1] !== undefined;
    const value = isGone ? 'stale' : textOf(known);
    const last = runs.at(-1);
    if (last?.value === value) last.more += 1;
    else runs.push({ value, more: 0 });
  }
  return runs
    .map(({ value, more }) => (more === 0 ? value : value === '_' ? `_x${more + 1}` : `${value}x${more}`))
    .join(' ');
}

/** Tenths are enough. */
function textOf(value: number | undefined): string {
  if (value === undefined) return '_';
  return Math.abs(value) < 1 ? String(Number(value.toPrecision(3))) : String(Number(value.toFixed(1)));
}
