/** What a backfill asked an exchange for and got, kept over runs: a page that the exchange has no more of is not asked for again. */
import type { Interval, Venue } from '../../../schemas/primitives.ts';
import { SqliteFile } from '../../sqlite-file.ts';
import type { Span } from './pages.ts';

export interface Series {
  /** Where the bars go. */
  readonly target: string;
  readonly venue: Venue;
  readonly interval: Interval;
  readonly symbol: string;
}

const SCHEMA = `
  CREATE TABLE pages (
    target TEXT, venue TEXT, interval TEXT, symbol TEXT, from_ms INTEGER, to_ms INTEGER, bars INTEGER NOT NULL,
    PRIMARY KEY (target, venue, interval, symbol, from_ms, to_ms)
  ) STRICT, WITHOUT ROWID`;

/**
 * A page is told here once its bars are durable in history, never before; that they still are there is for history to say,
 * so a history that was deleted is filled again.
 */
export class BackfillCursor {
  readonly #file: SqliteFile;

  /** @throws UpstreamError where another backfill has it open. */
  constructor(path: string) {
    const what = 'the progress of backfills';
    this.#file = new SqliteFile({ path, what, magic: 'cstF', version: 1, schema: SCHEMA });
  }

  /** Bars that the exchange had of the page; undefined where it was not asked. */
  bars({ target, venue, interval, symbol }: Series, { fromMs, toMs }: Span): number | undefined {
    const key = [target, venue, interval, symbol, fromMs, toMs];
    const sql = `SELECT bars FROM pages WHERE target = ? AND venue = ? AND interval = ? AND symbol = ?
      AND from_ms = ? AND to_ms = ?`;
    return this.#file.get<{ bars: number }>(sql, ...key)?.bars;
  }

  done({ target, venue, interval, symbol }: Series, { fromMs, toMs }: Span, bars: number): void {
    const row = [target, venue, interval, symbol, fromMs, toMs, bars];
    this.#file.run('INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?)', ...row);
  }

  close(): void {
    this.#file.close();
  }
}
