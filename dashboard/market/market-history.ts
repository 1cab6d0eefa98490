/** What the dashboard asks of history, in the program's form. The SQL is DuckDB's: there is no dashboard in the cloud. */
import type { z } from 'zod';
import type { History } from '../../connectors/history/port.ts';
import { Candle } from '../../schemas/candle.ts';
import { FeatureRow } from '../../schemas/feature-row.ts';
import { FeedEvent } from '../../schemas/feed-event.ts';
import { LevelSet } from '../../schemas/level-set.ts';
import { MacroBias } from '../../schemas/macro.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { DAY_MS, type Interval, MAX_EVENT_TIME, MINUTE_MS, type Venue } from '../../schemas/primitives.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';

export interface Series {
  readonly venue: Venue;
  readonly symbol: string;
  readonly interval: Interval;
}

/** The newest so many, of before an instant. Unit: ms. */
export interface Span {
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Exits that a curve of equity is drawn of, at most. */
const MOST_EXITS = 5_000;

export class MarketHistory {
  readonly #history: Pick<History, 'query'>;

  constructor(history: Pick<History, 'query'>) {
    this.#history = history;
  }

  /** Each in its highest revision, oldest first. */
  async bars({ venue, symbol, interval }: Series, { before, limit }: Span): Promise<Candle[]> {
    const sql = `SELECT * FROM candles
      WHERE venue = $venue AND symbol = $symbol AND "interval" = $interval AND ${earlier('openTime')}
      ${highest('"openTime"')} ORDER BY "openTime" DESC LIMIT $limit`;
    const rows = await this.#ask(Candle, sql, { venue, symbol, interval, before: until(before), limit });
    return rows.reverse();
  }

  /** Minutes of all symbols from an instant on. */
  minutesSince(venue: Venue, fromMs: number): Promise<Candle[]> {
    const sql = `SELECT * FROM candles
      WHERE venue = $venue AND "interval" = '1m' AND "openTime" >= make_timestamp_ms($fromMs)
      ${highest('symbol, "openTime"')} ORDER BY "openTime"`;
    return this.#ask(Candle, sql, { venue, fromMs });
  }

  /** Of each symbol, the last minute that closed a day before or earlier, but not two. */
  dayBefore(venue: Venue, now: number): Promise<Candle[]> {
    const toMs = now - DAY_MS;
    const sql = `SELECT * FROM candles
      WHERE venue = $venue AND "interval" = '1m' AND "openTime" >= make_timestamp_ms($fromMs)
        AND "openTime" < make_timestamp_ms($toMs)
      QUALIFY row_number() OVER (PARTITION BY symbol ORDER BY "openTime" DESC, revision DESC) = 1`;
    return this.#ask(Candle, sql, { venue, fromMs: toMs - DAY_MS, toMs: toMs - MINUTE_MS });
  }

  /** Those known at an instant. */
  async levels(pair: string, asOf = MAX_EVENT_TIME): Promise<LevelSet | null> {
    const sql = `SELECT * FROM levels WHERE pair = $pair AND "asOf" <= make_timestamp_ms($asOf)
      ORDER BY "asOf" DESC, revision DESC LIMIT 1`;
    return (await this.#ask(LevelSet, sql, { pair, asOf }))[0] ?? null;
  }

  /** Oldest first. */
  async features(pair: string, { before, limit }: Span): Promise<FeatureRow[]> {
    const sql = `SELECT * FROM features WHERE pair = $pair AND ${earlier('openTime')}
      ${highest('"openTime"')} ORDER BY "openTime" DESC LIMIT $limit`;
    return (await this.#ask(FeatureRow, sql, { pair, before: until(before), limit })).reverse();
  }

  /** The row that a signal was decided on. */
  async featuresAt(pair: string, closeTime: number): Promise<FeatureRow | null> {
    const rows = await this.features(pair, { before: closeTime, limit: 1 });
    return rows.find((row) => row.closeTime === closeTime) ?? null;
  }

  /** Newest first; of all pairs where none is named. */
  signals(pair: string | undefined, { before, limit }: Span): Promise<ScalpSignal[]> {
    const sql = `SELECT * FROM scalp_signals WHERE ($pair = '' OR pair = $pair) AND ${earlier('timestamp')}
      ORDER BY timestamp DESC, id LIMIT $limit`;
    return this.#ask(ScalpSignal, sql, { pair: pair ?? '', before: until(before), limit });
  }

  lastSignals(): Promise<ScalpSignal[]> {
    const sql = `SELECT * FROM scalp_signals
      QUALIFY row_number() OVER (PARTITION BY pair ORDER BY timestamp DESC, id) = 1`;
    return this.#ask(ScalpSignal, sql, {});
  }

  async signal(id: string): Promise<ScalpSignal | null> {
    return (
      (await this.#ask(ScalpSignal, 'SELECT * FROM scalp_signals WHERE id = $id LIMIT 1', { id }))[0] ?? null
    );
  }

  /** All that happened to some signals. */
  eventsOf(signalIds: readonly string[]): Promise<PositionEvent[]> {
    const sql = 'SELECT * FROM position_events WHERE "signalId" IN (SELECT unnest($signalIds))';
    return this.#events(sql, { signalIds });
  }

  /** The newest ends of positions, oldest first; of every book where none is named. */
  async exits(book: string | undefined, limit = MOST_EXITS): Promise<PositionEvent[]> {
    const sql = `SELECT * FROM position_events WHERE kind = 'EXIT' AND book IS NOT NULL
      AND ($book = '' OR book = $book) ORDER BY ts DESC, id LIMIT $limit`;
    return (await this.#events(sql, { book: book ?? '', limit })).reverse();
  }

  /** The newest bias of each pair, or of one as it was at an instant. */
  biases(pair = '', at = MAX_EVENT_TIME): Promise<MacroBias[]> {
    const sql = `SELECT * FROM macro_bias
      WHERE ($pair = '' OR pair = $pair) AND timestamp <= make_timestamp_ms($at)
      QUALIFY row_number() OVER (PARTITION BY pair ORDER BY timestamp DESC) = 1`;
    return this.#ask(MacroBias, sql, { pair, at });
  }

  /** Newest first. */
  feedEvents(limit: number): Promise<FeedEvent[]> {
    return this.#ask(FeedEvent, 'SELECT * FROM feed_events ORDER BY ts DESC, id DESC LIMIT $limit', {
      limit,
    });
  }

  async #events(sql: string, parameters: Readonly<Record<string, unknown>>): Promise<PositionEvent[]> {
    const rows = await this.#history.query(sql, parameters);
    return rows.map((row) => PositionEvent.parse(withoutNulls(row, ['book', 'numbers', 'params_hash'])));
  }

  async #ask<S extends z.ZodType>(
    schema: S,
    sql: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<z.output<S>[]> {
    return (await this.#history.query(sql, parameters)).map((row) => schema.parse(row));
  }
}

function earlier(column: string): string {
  return `"${column}" < make_timestamp_ms($before)`;
}

function until(before: number | undefined): number {
  return before ?? MAX_EVENT_TIME;
}

function highest(of: string): string {
  return `QUALIFY row_number() OVER (PARTITION BY ${of} ORDER BY revision DESC) = 1`;
}

/** What was left out of a message is null in its row. */
function withoutNulls(row: Readonly<Record<string, unknown>>, optional: readonly string[]) {
  return Object.fromEntries(
    Object.entries(row).filter(([name, value]) => value !== null || !optional.includes(name)),
  );
}
