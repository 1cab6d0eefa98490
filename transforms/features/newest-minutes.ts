/** The minutes or bars of a window, each once, in order: the one step that makes order, copies and revisions meaningless. */
import type { Candle } from '../../schemas/candle.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { ClosedMinute } from '../market-data.ts';

/** A bar as indicators see it; a candle is one. Prices in quote per base, volume in base, openTime in ms. */
export type Bar = Pick<Candle, 'openTime' | 'open' | 'high' | 'low' | 'close' | 'volume' | 'revision'>;

/**
 * The newest revision of each minute that opens in `[endMs − count minutes, endMs)`, oldest first. Minutes that
 * nobody knows are left out, so the answer may be shorter than `count`.
 */
export function newestMinutes(minutes: Iterable<ClosedMinute>, endMs: number, count: number): ClosedMinute[] {
  return newest(minutes, endMs, count, { openTime: ({ candle }) => candle.openTime, supersedes });
}

/** The same of bars. */
export function newestBars(bars: Iterable<Bar>, endMs: number, count: number): Bar[] {
  return newest(bars, endMs, count, BARS);
}

interface Kind<T> {
  openTime(item: T): number;
  supersedes(a: T, b: T): boolean;
}

const BARS: Kind<Bar> = {
  openTime: (bar) => bar.openTime,
  supersedes: (a, b) => a.revision > b.revision,
};

function newest<T>(items: Iterable<T>, endMs: number, count: number, kind: Kind<T>): T[] {
  const all = Array.isArray(items) ? (items as readonly T[]) : [...items];
  const start = endMs - count * MINUTE_MS;
  const known: T[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  for (const item of all) {
    const openTime = kind.openTime(item);
    if (openTime < start || openTime >= endMs) continue;
    // Nearly every window is in order and without copies: only the others are sorted out.
    if (openTime <= latest) return newestOfAny(all, start, count, kind);
    latest = openTime;
    known.push(item);
  }
  return known;
}

function newestOfAny<T>(items: readonly T[], start: number, count: number, kind: Kind<T>): T[] {
  const slots = new Array<T | undefined>(count).fill(undefined);
  for (const item of items) {
    const at = (kind.openTime(item) - start) / MINUTE_MS;
    if (at < 0 || at >= count) continue;
    const known = slots[at];
    if (known === undefined || kind.supersedes(item, known)) slots[at] = item;
  }
  return slots.filter((item) => item !== undefined);
}

/** Seconds of the minute in which the book was seen. */
export function bookSeconds(minute: ClosedMinute | undefined): number {
  let seconds = 0;
  for (const slot of minute?.book?.slots ?? []) seconds += slot?.seconds ?? 0;
  return seconds;
}

/** A snapshot may add a book to a second that a trade batch had vouched for: same candle, yet more is known. */
function supersedes(a: ClosedMinute, b: ClosedMinute): boolean {
  if (a.candle.revision !== b.candle.revision) return a.candle.revision > b.candle.revision;
  const seconds = bookSeconds(a) - bookSeconds(b);
  return seconds === 0 ? (a.lastTradeTs ?? 0) > (b.lastTradeTs ?? 0) : seconds > 0;
}
