/** What history has of a series of bars after a backfill, and what it lacks: told to the gap ledger. */
import { z } from 'zod';
import { WireFormatError } from '../../../schemas/errors.ts';
import { FeedEvent } from '../../../schemas/feed-event.ts';
import type { Interval, Venue } from '../../../schemas/primitives.ts';
import type { History } from '../port.ts';
import { barsOf, holesOf, type Span } from './pages.ts';

export interface SeriesSpan extends Span {
  readonly venue: Venue;
  readonly interval: Interval;
  readonly symbol: string;
}

export interface Verdict {
  readonly symbol: string;
  /** Bars that the span has room for, and those in history. */
  readonly expected: number;
  readonly bars: number;
  readonly holes: readonly Span[];
}

/** Beside the live feed's own entries: what they tell apart is the cause. */
const causeOf = (interval: Interval) => `backfill: no bars of ${interval}`;

/** Open times of the bars in history, each once, in order. It asks what DuckDB and BigQuery understand alike. */
export async function knownBars(
  history: History,
  { venue, interval, symbol, fromMs, toMs }: SeriesSpan,
): Promise<number[]> {
  const rows = await history.query(`
    SELECT DISTINCT c.openTime AS opened FROM candles AS c
    WHERE c.venue = '${venue}' AND c.interval = '${interval}' AND c.symbol = ${literal(symbol)}
      AND c.openTime >= ${instant(fromMs)} AND c.openTime < ${instant(toMs)}
    ORDER BY opened`);
  return rows.map(({ opened }) => Date.parse(String(opened)));
}

/** Looks what is there, and writes each hole as a GAP; one of an earlier backfill that is filled now, as RECOVERED. */
export async function verify(history: History, series: SeriesSpan): Promise<Verdict> {
  const { symbol, interval } = series;
  const known = await knownBars(history, series);
  const holes = holesOf(interval, series, known);
  const filled = (await openGaps(history, series)).filter(
    (span) => holesOf(interval, span, known).length === 0,
  );
  const events = [
    ...holes.map((span) => eventOf('GAP', series, span)),
    ...filled.map((span) => eventOf('RECOVERED', series, span)),
  ];
  if (events.length > 0)
    await history.insert(
      'feed_events',
      events.map((event) => z.encode(FeedEvent, event)),
    );
  return { symbol, expected: barsOf(interval, series), bars: known.length, holes };
}

/** Spans within the series' that an earlier backfill found empty. */
async function openGaps(
  history: History,
  { venue, symbol, interval, fromMs, toMs }: SeriesSpan,
): Promise<Span[]> {
  const rows = await history.query(`
    SELECT * FROM feed_events
    WHERE kind = 'GAP' AND venue = '${venue}' AND symbol = ${literal(symbol)} AND cause = ${literal(causeOf(interval))}
    ORDER BY ts`);
  return rows
    .map((row) => ({ fromMs: Date.parse(String(row.from)), toMs: Date.parse(String(row.to)) }))
    .filter((span) => span.fromMs >= fromMs && span.toMs <= toMs);
}

/** The same hole has the same id, whenever it is found. */
function eventOf(
  kind: 'GAP' | 'RECOVERED',
  { venue, symbol, interval }: SeriesSpan,
  { fromMs, toMs }: Span,
): FeedEvent {
  return {
    id: `${venue}:${symbol}:${kind}:${toMs}:${interval}:${fromMs}`,
    venue,
    symbol,
    kind,
    ts: toMs,
    from: fromMs,
    to: toMs,
    cause: causeOf(interval),
    tradesRecovered: 0,
    resolved: kind === 'RECOVERED',
  };
}

function instant(ms: number): string {
  return `TIMESTAMP '${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}'`;
}

/** In both dialects; a backslash escapes in one of them. */
function literal(text: string): string {
  if (/^[^'\\\n]*$/.test(text)) return `'${text}'`;
  throw new WireFormatError(`Expected a symbol without quotes and backslashes, got "${text}".`);
}
