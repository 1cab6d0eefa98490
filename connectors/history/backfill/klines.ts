/** An exchange's klines into history: page after page, from where an earlier run stopped. */
import { z } from 'zod';
import { Candle } from '../../../schemas/candle.ts';
import { NotFoundError } from '../../../schemas/errors.ts';
import { INTERVAL_MS, type Interval, type Venue } from '../../../schemas/primitives.ts';
import type { Clock } from '../../clock/port.ts';
import type { VenueRest } from '../../exchanges/venue.ts';
import type { History } from '../port.ts';
import type { BackfillCursor } from './cursor.ts';
import { barsOf, pagesOf, type Span, wholeBars } from './pages.ts';
import { knownBars, type SeriesSpan, type Verdict, verify } from './verify.ts';

export interface KlineBackfill extends Span {
  readonly history: History;
  readonly cursor: BackfillCursor;
  /** Name of the history in the cursor. */
  readonly target: string;
  readonly rest: Pick<VenueRest, 'instruments' | 'klines'>;
  readonly venue: Venue;
  readonly symbols: readonly string[];
  readonly interval: Interval;
  readonly clock: Clock;
  /** 0..1 */
  readonly onProgress?: (share: number) => void;
}

export interface KlineBackfillResult {
  /** Bars that came from the exchange in this run, and pages of them. */
  readonly fetched: number;
  readonly pages: number;
  /** Pages that an earlier run, or a live one, had brought. */
  readonly pagesKnown: number;
  readonly verdicts: readonly Verdict[];
}

interface Page extends Span {
  readonly symbol: string;
}

/** Fetched at once, then inserted together: as many as the client's queue lets out. */
const PAGES_PER_INSERT = 8;
/** An exchange may still correct a bar that has just closed. Unit: ms. */
const SETTLED_MS = 10_000;

/**
 * History holds each bar once whatever happens: bars have ids of their content, and a page counts as done once they are
 * durable. Kill it and run it again.
 * @throws NotFoundError where the exchange does not list a symbol; UpstreamError where it or history is not reachable.
 */
export async function backfillKlines(options: KlineBackfill): Promise<KlineBackfillResult> {
  const { history, interval, onProgress } = options;
  const all = await seriesOf(options);
  const series = all.filter((one) => barsOf(interval, one) > 0);
  const pages = series.flatMap((one) =>
    pagesOf(interval, one).map((page) => ({ ...page, symbol: one.symbol })),
  );
  const wanted: Page[] = [];
  for (const one of series) wanted.push(...(await missingPages(options, one)));
  let fetched = 0;
  let done = pages.length - wanted.length;
  for await (const bars of fetchedPages(options, wanted)) {
    fetched += bars.rows;
    done += bars.pages;
    onProgress?.(done / pages.length);
  }
  const verdicts: Verdict[] = [];
  for (const one of series) verdicts.push(await verify(history, one));
  return { fetched, pages: wanted.length, pagesKnown: pages.length - wanted.length, verdicts };
}

/** What each symbol can have: from its listing on, closed bars alone. */
async function seriesOf(options: KlineBackfill): Promise<SeriesSpan[]> {
  const { rest, venue, symbols, interval, clock } = options;
  const listed = new Map((await rest.instruments()).map((one) => [one.symbol, one.listedMs]));
  const unknown = symbols.find((symbol) => !listed.has(symbol));
  if (unknown !== undefined)
    throw new NotFoundError(
      `Expected a symbol that ${venue} lists, got "${unknown}". Its names are its own.`,
    );
  const toMs = Math.min(options.toMs, clock.now() - SETTLED_MS);
  return symbols.map((symbol) => {
    const fromMs = Math.max(options.fromMs, listed.get(symbol) ?? 0);
    return { venue, interval, symbol, ...wholeBars(interval, { fromMs, toMs }) };
  });
}

async function missingPages(options: KlineBackfill, series: SeriesSpan): Promise<Page[]> {
  const { cursor, target, interval, history } = options;
  const { symbol } = series;
  const known = await knownBars(history, series);
  const pages = pagesOf(interval, series);
  let at = 0;
  return pages
    .filter((page) => {
      const from = at;
      while (at < known.length && known[at]! < page.toMs) at += 1;
      const bars = at - from;
      return bars < (cursor.bars({ ...series, target }, page) ?? barsOf(interval, page));
    })
    .map((page) => ({ ...page, symbol }));
}

/** While some are written, the next are on their way. */
async function* fetchedPages(
  options: KlineBackfill,
  wanted: readonly Page[],
): AsyncGenerator<{ pages: number; rows: number }> {
  const groups = Array.from({ length: Math.ceil(wanted.length / PAGES_PER_INSERT) }, (_, i) =>
    wanted.slice(i * PAGES_PER_INSERT, (i + 1) * PAGES_PER_INSERT),
  );
  const fetchAll = (pages: readonly Page[] = []) => {
    const fetching = Promise.all(pages.map((page) => fetchPage(options, page)));
    // Waited for below, maybe after an insert that failed.
    fetching.catch(() => undefined);
    return fetching;
  };
  let next = fetchAll(groups[0]);
  for (const [i, pages] of groups.entries()) {
    const candles = await next;
    next = fetchAll(groups[i + 1]);
    yield { pages: pages.length, rows: await keep(options, pages, candles) };
  }
}

async function fetchPage({ rest, interval }: KlineBackfill, page: Page): Promise<Candle[]> {
  const bars = (await rest.klines({ ...page, interval })).filter(
    ({ openTime }) => openTime >= page.fromMs && openTime + INTERVAL_MS[interval] <= page.toMs,
  );
  // An answer that overlaps itself: history keeps each bar once, and a page of more bars than it keeps would never be done.
  return [...new Map(bars.map((bar) => [bar.openTime, bar])).values()];
}

async function keep(
  { history, cursor, target, venue, interval }: KlineBackfill,
  pages: readonly Page[],
  candles: readonly Candle[][],
): Promise<number> {
  const rows = candles.flat().map((bar) => z.encode(Candle, bar));
  if (rows.length > 0) await history.insert('candles', rows);
  for (const [i, page] of pages.entries())
    cursor.done({ target, venue, interval, symbol: page.symbol }, page, candles[i]!.length);
  return rows.length;
}
