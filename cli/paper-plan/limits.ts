/** Numbers against their limits. */
import { type Criterion, MIN_TRADES, percent } from '../report/criteria.ts';

export function shareOf<T>(values: readonly T[], is: (value: T) => boolean): number | null {
  return values.length === 0 ? null : values.filter(is).length / values.length;
}

export function upTo(
  name: string,
  wanted: string,
  value: number,
  limit: number,
  format: (value: number) => string,
): Criterion {
  return { name, wanted, got: format(value), verdict: value <= limit ? 'PASS' : 'FAIL' };
}

export function within(
  name: string,
  wanted: string,
  value: number,
  low: number,
  high: number,
  format: (value: number) => string,
): Criterion {
  return { name, wanted, got: format(value), verdict: value >= low && value <= high ? 'PASS' : 'FAIL' };
}

export function atLeast(
  name: string,
  wanted: string,
  share: number | null,
  low: number,
  count: number,
): Criterion {
  if (share === null || count < MIN_TRADES) return none(name, wanted);
  return { name, wanted, got: `${percent(share, 1)} of ${count}`, verdict: share >= low ? 'PASS' : 'FAIL' };
}

export function none(name: string, wanted: string): Criterion {
  return { name, wanted, got: `N/A: fewer than ${MIN_TRADES}`, verdict: 'N/A' };
}
