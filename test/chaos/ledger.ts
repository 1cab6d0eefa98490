/** The gap ledger of one symbol, read as its schema says. */
import { SecondSpans } from '../../connectors/feed/second-spans.ts';
import type { FeedEvent } from '../../schemas/feed-event.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';

export interface Loss {
  /** Spans in which trades are missing for good. */
  readonly lost: SecondSpans;
  /** Spans in which the symbol was not followed. */
  readonly unfollowed: SecondSpans;
  /** Minutes that a span was told of, whatever became of it. */
  readonly touched: SecondSpans;
  /** Minutes of which the exchange's own bar was published. */
  readonly differs: ReadonlySet<number>;
  readonly tradesRecovered: number;
}

export function readLedger(events: readonly FeedEvent[], endMs: number): Loss {
  const [lost, touched] = [new SecondSpans(), new SecondSpans()];
  for (const { kind, from, to } of events) {
    if (from === null || to === null) continue;
    if (kind === 'GAP') {
      lost.add(from, to);
      touched.add(from, to);
    } else if (kind === 'RECOVERED' || kind === 'DIFFERS') lost.remove(from, to);
  }
  const open = openSince(events);
  if (open !== null) lost.add(open, endMs);
  const differs = events.flatMap(({ kind, from }) => (kind === 'DIFFERS' && from !== null ? [from] : []));
  const recovered = events.map((event) => (event.kind === 'RECOVERED' ? event.tradesRecovered : 0));
  return {
    lost,
    touched,
    unfollowed: unfollowed(events, endMs),
    differs: new Set(differs),
    tradesRecovered: recovered.reduce((sum, count) => sum + count, 0),
  };
}

function unfollowed(events: readonly FeedEvent[], endMs: number): SecondSpans {
  const spans = new SecondSpans();
  let removedAt: number | null = null;
  for (const { kind, ts } of events) {
    if (kind === 'REMOVED') removedAt = ts;
    if (kind === 'ADDED' && removedAt !== null) {
      spans.add(removedAt, ts);
      removedAt = null;
    }
  }
  if (removedAt !== null) spans.add(removedAt, endMs);
  return spans;
}

/** Start of a span that nothing has ended. */
function openSince(events: readonly FeedEvent[]): number | null {
  let open: number | null = null;
  for (const { kind, from, resolved } of events) {
    if (kind === 'DISCONNECTED' && !resolved) open ??= from;
    if (kind === 'CONNECTED' || kind === 'REMOVED') open = null;
  }
  return open;
}

export function isIn(spans: SecondSpans, openTime: number): boolean {
  return spans.all.some(({ from, to }) => from < openTime + MINUTE_MS && to > openTime);
}

export function secondsOf(spans: SecondSpans): number {
  return spans.all.reduce((sum, { from, to }) => sum + (to - from), 0) / 1_000;
}
