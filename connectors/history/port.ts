/** History: what was published, queryable by SQL. Twins: DuckDB, BigQuery. */
import type { Candle } from '../../schemas/candle.ts';
import type { Interval, Venue } from '../../schemas/primitives.ts';
import type { TableName } from '../../schemas/tables.ts';

export interface CandleQuery {
  readonly venue: Venue;
  readonly symbols: readonly string[];
  readonly interval: Interval;
  /** Open times in [fromMs, toMs). */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface History {
  /** Inserts rows whose `id` is not there yet; resolves when they are durable. Rows are in wire form (ISO times). */
  insert(table: TableName, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  /** The highest revision of each bar, by symbol then open time. */
  candles(query: CandleQuery): Promise<Candle[]>;
  /**
   * SQL of its own dialect with named parameters: `$name` on DuckDB, `@name` on BigQuery. Rows as plain objects of what JSON
   * can hold: times as ISO strings with ms, integers beyond 2^53 as strings.
   */
  query(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}
