/** A window may hold one bar in several revisions, in any order: this picks the best of each. */
import type { Candle } from '../schemas/candle.ts';

/** One candle per open time in `[from, to)` (ms), the one of the highest revision, oldest first. */
export function latestBars(
  candles: Iterable<Candle>,
  from = Number.NEGATIVE_INFINITY,
  to = Number.POSITIVE_INFINITY,
): Candle[] {
  const known: Candle[] = [];
  let inOrder = true;
  let newest = Number.NEGATIVE_INFINITY;
  for (const candle of candles) {
    if (candle.openTime < from || candle.openTime >= to) continue;
    if (candle.openTime <= newest) inOrder = false;
    newest = candle.openTime;
    known.push(candle);
  }
  // Nearly every window is in order and without copies: only the others are sorted out.
  return inOrder ? known : bestOfEach(known);
}

function bestOfEach(candles: readonly Candle[]): Candle[] {
  const best = new Map<number, Candle>();
  for (const candle of candles) {
    const known = best.get(candle.openTime);
    if (known === undefined || supersedes(candle, known)) best.set(candle.openTime, candle);
  }
  return [...best.values()].sort((a, b) => a.openTime - b.openTime);
}

/** Equal revisions have equal content; should a source ever break that, order of arrival must still not decide. */
function supersedes(candle: Candle, known: Candle): boolean {
  if (candle.revision !== known.revision) return candle.revision > known.revision;
  if (candle.complete !== known.complete) return candle.complete;
  if (candle.volume !== known.volume) return candle.volume > known.volume;
  if (candle.close !== known.close) return candle.close > known.close;
  return candle.high - candle.low > known.high - known.low;
}

/** Sum of revisions: grows with every fact behind any of them. */
export function revisionOf(parts: readonly { readonly revision: number }[]): number {
  return parts.reduce((sum, part) => sum + part.revision, 0);
}
