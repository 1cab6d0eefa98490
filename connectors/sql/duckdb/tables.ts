/** The history tables that a folder holds: those of a stack's history file, or Parquet files, one or a folder of them a table. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NotFoundError } from '../../../schemas/errors.ts';
import { rowSchema, TABLE_NAMES, type TableName } from '../../../schemas/tables.ts';
import { duckDbColumns } from '../../../schemas/to-duckdb.ts';

/** A stack's own, in its folder. */
export const HISTORY_FILE = 'history.duckdb';

export type HistoryFiles =
  | { readonly kind: 'database'; readonly path: string }
  | { readonly kind: 'parquet'; readonly views: readonly string[] };

/**
 * @param path a DuckDB file, a folder with `history.duckdb`, or a folder of `<table>.parquet` or `<table>/**.parquet`.
 * @throws NotFoundError where it holds none of these.
 */
export function historyFilesAt(path: string): HistoryFiles {
  if (!existsSync(path)) throw new NotFoundError(`Expected history in ${path}, got nothing there. ${HINT}`);
  if (statSync(path).isFile()) return { kind: 'database', path };
  const file = join(path, HISTORY_FILE);
  if (existsSync(file)) return { kind: 'database', path: file };
  const found = TABLE_NAMES.map((table) => ({ table, glob: parquetOf(path, table) }));
  if (found.every(({ glob }) => glob === null)) {
    throw new NotFoundError(`Expected ${HISTORY_FILE} or <table>.parquet in ${path}, got neither. ${HINT}`);
  }
  return { kind: 'parquet', views: found.map(({ table, glob }) => viewOf(table, glob)) };
}

const HINT = 'Name the folder of a stack (cst start --dir), a DuckDB file or a folder of Parquet files.';

function parquetOf(folder: string, table: TableName): string | null {
  const file = join(folder, `${table}.parquet`);
  if (existsSync(file)) return file;
  const inner = join(folder, table);
  return existsSync(inner) && statSync(inner).isDirectory() ? join(inner, '**', '*.parquet') : null;
}

/** Columns that are not in the files are null; a table without files is empty. */
function viewOf(table: TableName, glob: string | null): string {
  const columns = duckDbColumns(rowSchema(table));
  const empty = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS "${name}"`).join(', ');
  const none = `SELECT ${empty} WHERE false`;
  const files =
    glob === null
      ? ''
      : ` UNION ALL BY NAME SELECT * FROM read_parquet('${glob.replaceAll("'", "''")}', union_by_name = true)`;
  return `CREATE TEMP VIEW ${table} AS ${none}${files}`;
}
