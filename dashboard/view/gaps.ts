/** The gap ledger as people read it: one line for each span in which trades may be missing. Pure. */
import type { FeedEvent } from '../../schemas/feed-event.ts';
import type { Gap } from '../api.ts';

const OF_SPANS: readonly FeedEvent['kind'][] = ['DISCONNECTED', 'GAP', 'RECOVERED'];

/** Newest first. @param events In any order; see schemas/feed-event.ts for how they tell of a span. */
export function gapsOf(events: readonly FeedEvent[]): Gap[] {
  const gaps = new Map<string, Gap>();
  for (const event of [...events].sort((a, b) => a.ts - b.ts)) {
    const { venue, symbol, kind, ts, from, to, cause, tradesRecovered, resolved } = event;
    if (from === null || !OF_SPANS.includes(kind)) continue;
    const key = `${venue}:${symbol}:${from}`;
    const before = gaps.get(key);
    // A span that was whole stays so until it is told anew.
    gaps.delete(key);
    gaps.set(key, {
      venue,
      symbol,
      kind,
      from,
      to: to ?? before?.to ?? null,
      noticed: before?.noticed ?? ts,
      cause,
      tradesRecovered: Math.max(tradesRecovered, before?.tradesRecovered ?? 0),
      resolved: resolved || kind === 'RECOVERED',
    });
  }
  return [...gaps.values()].sort((a, b) => b.noticed - a.noticed);
}
