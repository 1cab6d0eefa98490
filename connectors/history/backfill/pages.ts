/** What there is to fetch, and what is missing: spans of bars, as pure arithmetic. */
import { INTERVAL_MS, type Interval } from '../../../schemas/primitives.ts';

/** Times in [fromMs, toMs). Unit: ms since the epoch. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Bars of a page: what exchanges give at once. */
const BARS_PER_PAGE = 1_000;

/** Pages that cover the span. They begin at the same instants whatever the span, so that another run knows them again. */
export function pagesOf(interval: Interval, { fromMs, toMs }: Span): Span[] {
  const length = INTERVAL_MS[interval] * BARS_PER_PAGE;
  const pages: Span[] = [];
  for (let start = Math.floor(fromMs / length) * length; start < toMs; start += length) {
    pages.push({ fromMs: Math.max(fromMs, start), toMs: Math.min(toMs, start + length) });
  }
  return pages;
}

/** The bars that lie wholly within the span. */
export function wholeBars(interval: Interval, { fromMs, toMs }: Span): Span {
  const length = INTERVAL_MS[interval];
  return { fromMs: Math.ceil(fromMs / length) * length, toMs: Math.floor(toMs / length) * length };
}

/** Number of bars of a span that begins and ends with one. */
export function barsOf(interval: Interval, { fromMs, toMs }: Span): number {
  return Math.max(0, (toMs - fromMs) / INTERVAL_MS[interval]);
}

/** Spans without a bar. @param openTimes of the bars there are, in order. */
export function holesOf(interval: Interval, { fromMs, toMs }: Span, openTimes: readonly number[]): Span[] {
  const length = INTERVAL_MS[interval];
  const holes: Span[] = [];
  let next = fromMs;
  for (const openTime of [...openTimes.filter((time) => time >= fromMs && time < toMs), toMs]) {
    if (openTime > next) holes.push({ fromMs: next, toMs: openTime });
    next = openTime + length;
  }
  return holes;
}
