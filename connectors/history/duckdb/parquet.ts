/** History tables as Parquet files: written by a file of history, read by whoever fills one. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { ConfigError, messageOf, UpstreamError } from '../../../schemas/errors.ts';
import { TABLES, type TableName } from '../../../schemas/tables.ts';
import type { Row } from '../rows.ts';
import { DAMAGED, isDamaged, literal, quote } from './tables.ts';
import { plainRows } from './values.ts';

/** Rows read at once. */
const ROWS_PER_CHUNK = 20_000;

export interface ParquetExport {
  /** A DuckDB file. */
  readonly path: string;
  /** Made where missing; a file of an earlier export is replaced. */
  readonly out: string;
  readonly tables: readonly TableName[];
  /** Of the column each table is partitioned by; undefined: as far as there is data. Unit: ms since the epoch. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly onTable?: (table: TableName) => void;
}

/**
 * Writes `<table>.parquet` for each table, whole or not at all, rows in order of time then id: the same history gives the
 * same rows. @returns rows of each table
 * @throws ConfigError where there is no such file; UpstreamError where another process has it open, or the disk is full.
 */
export async function exportParquet(options: ParquetExport): Promise<Partial<Record<TableName, number>>> {
  const { path, out, tables, onTable } = options;
  const instance = await orExplain(`open ${path}`, () =>
    DuckDBInstance.create(path, { access_mode: 'READ_ONLY' }),
  );
  try {
    const connection = await instance.connect();
    mkdirSync(out, { recursive: true });
    const counts: Partial<Record<TableName, number>> = {};
    for (const table of tables) {
      onTable?.(table);
      counts[table] = await orExplain(`write ${table} to ${out}`, () => copy(connection, options, table));
    }
    connection.disconnectSync();
    return counts;
  } finally {
    instance.closeSync();
  }
}

async function copy(connection: DuckDBConnection, options: ParquetExport, table: TableName): Promise<number> {
  const { out, fromMs, toMs } = options;
  const time = quote(TABLES[table].partitionBy);
  const bounds = [
    ...(fromMs === undefined ? [] : [`${time} >= make_timestamp_ms(${fromMs})`]),
    ...(toMs === undefined ? [] : [`${time} < make_timestamp_ms(${toMs})`]),
  ];
  const where = bounds.length === 0 ? '' : `WHERE ${bounds.join(' AND ')}`;
  const file = join(out, `${table}.parquet`);
  const result = await connection
    .runAndReadAll(
      `COPY (SELECT * FROM ${table} ${where} ORDER BY ${time}, id) TO ${literal(`${file}.partial`)} (FORMAT parquet, COMPRESSION zstd)`,
    )
    .catch((cause: unknown) => {
      rmSync(`${file}.partial`, { force: true });
      throw cause;
    });
  renameSync(`${file}.partial`, file);
  return Number(result.getRows()[0]?.[0] ?? 0);
}

/** Rows of a file in wire form, first row first. @throws ConfigError where it is no Parquet file. */
export async function readParquetRows(
  path: string,
): Promise<{ readonly chunks: AsyncGenerator<Row[]>; progress(): number }> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const close = () => {
    connection.disconnectSync();
    instance.closeSync();
  };
  // A path is one file, whatever characters it has.
  const from = `read_parquet(${literal(path.replace(/[[*?]/g, '[$&]'))}, file_row_number = true)`;
  try {
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${from}`);
    const total = Number(counted.getRows()[0]?.[0]);
    let at = 0;
    async function* chunks(): AsyncGenerator<Row[]> {
      try {
        for (; at < total; at += ROWS_PER_CHUNK) {
          const result = await connection.runAndReadAll(
            `SELECT * EXCLUDE (file_row_number) FROM ${from}
             WHERE file_row_number >= ${at} AND file_row_number < ${at + ROWS_PER_CHUNK} ORDER BY file_row_number`,
          );
          yield plainRows(result);
        }
      } finally {
        close();
      }
    }
    return { chunks: chunks(), progress: () => (total === 0 ? 1 : Math.min(1, at / total)) };
  } catch (cause) {
    close();
    throw new ConfigError(`Cannot read ${path} as Parquet: ${messageOf(cause).split('\n')[0]}`, { cause });
  }
}

async function orExplain<T>(what: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    const got = messageOf(cause);
    const text = `Expected to ${what}, got: ${got}.`;
    if (isDamaged(got)) throw new UpstreamError(`${text} ${DAMAGED}.`, { cause });
    if (/lock on file|No space|IO Error: Could not write/i.test(got))
      throw new UpstreamError(`${text} Stop the stack that writes the history, and check the disk.`, {
        cause,
      });
    throw new ConfigError(`${text} Name a file of history: cst start --dir, or cst backfill --to.`, {
      cause,
    });
  }
}
