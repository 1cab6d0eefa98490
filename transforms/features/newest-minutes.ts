/** The minutes of a window, each once, in order: the one step that makes order, copies and revisions meaningless. */
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { ClosedMinute } from '../market-data.ts';

/**
 * The newest revision of each minute that opens in `[endMs − count minutes, endMs)`, oldest first. Minutes that
 * nobody knows are left out, so the answer may be shorter than `count`.
 */
export function newestMinutes(minutes: Iterable<ClosedMinute>, endMs: number, count: number): ClosedMinute[] {
  const all = Array.isArray(minutes) ? (minutes as readonly ClosedMinute[]) : [...minutes];
  const start = endMs - count * MINUTE_MS;
  const known: ClosedMinute[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  for (const minute of all) {
    const { openTime } = minute.candle;
    if (openTime < start || openTime >= endMs) continue;
    // Nearly every window is in order and without copies: only the others are sorted out.
    if (openTime <= newest) return newestOfAny(all, start, count);
    newest = openTime;
    known.push(minute);
  }
  return known;
}

function newestOfAny(minutes: readonly ClosedMinute[], start: number, count: number): ClosedMinute[] {
  const slots = new Array<ClosedMinute | undefined>(count).fill(undefined);
  for (const minute of minutes) {
    const at = (minute.candle.openTime - start) / MINUTE_MS;
    if (at < 0 || at >= count) continue;
    const known = slots[at];
    if (known === undefined || supersedes(minute, known)) slots[at] = minute;
  }
  return slots.filter((minute) => minute !== undefined);
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
