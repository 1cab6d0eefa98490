/** The history tables as DuckDB keeps them: made, and brought up to the schemas, when a file is opened. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { ConfigError } from '../../../schemas/errors.ts';
import { rowSchema, TABLE_NAMES, TABLES, type TableName } from '../../../schemas/tables.ts';
import { type DuckDbColumn, duckDbColumns } from '../../../schemas/to-duckdb.ts';

/**
 * Creates missing tables and adds missing columns (empty for the rows that are there).
 * @throws ConfigError where a column has another type than its schema.
 */
export async function migrate(connection: DuckDBConnection, path: string): Promise<void> {
  // All or nothing, and one write to disk instead of hundreds.
  await connection.run('BEGIN');
  for (const table of TABLE_NAMES) {
    const existing = await columnsOf(connection, table);
    if (existing.size === 0) await connection.run(creation(table, duckDbColumns(rowSchema(table))));
    for (const { name, type } of await missing(connection, path, table, existing))
      await connection.run(`ALTER TABLE ${table} ADD COLUMN ${quote(name)} ${type}`);
  }
  await connection.run('COMMIT');
}

/** Changes nothing. @throws ConfigError where a column has another type than its schema. */
export async function checkTables(connection: DuckDBConnection, path: string): Promise<void> {
  for (const table of TABLE_NAMES) {
    await missing(connection, path, table, await columnsOf(connection, table));
  }
}

/** Types by column name, as DuckDB spells them. */
async function columnsOf(connection: DuckDBConnection, table: TableName): Promise<Map<string, string>> {
  const sql =
    "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = $table AND schema_name = 'main'";
  const result = await connection.runAndReadAll(sql, { table });
  return new Map(result.getRows().map(([name, type]) => [String(name), String(type)]));
}

function creation(table: TableName, columns: readonly DuckDbColumn[]): string {
  const lines = columns.map(
    ({ name, type, isNullable }) => `${quote(name)} ${type}${isNullable ? '' : ' NOT NULL'}`,
  );
  const comments = columns.map(
    ({ name, description }) => `COMMENT ON COLUMN ${table}.${quote(name)} IS ${literal(description)};`,
  );
  const grain = `COMMENT ON TABLE ${table} IS ${literal(`One row: ${TABLES[table].grain}.`)};`;
  return `CREATE TABLE ${table} (${lines.join(', ')}); ${grain} ${comments.join(' ')}`;
}

/** Columns that an existing table lacks; none of a table that is not there. @throws ConfigError */
async function missing(
  connection: DuckDBConnection,
  path: string,
  table: TableName,
  existing: ReadonlyMap<string, string>,
): Promise<DuckDbColumn[]> {
  if (existing.size === 0) return [];
  const expected = duckDbColumns(rowSchema(table));
  // DuckDB's own spelling of each type, to compare with.
  const spelled = await connection.runAndReadAll(
    `SELECT ${expected.map(({ type }) => `typeof(CAST(NULL AS ${type}))`).join(', ')}`,
  );
  for (const [i, { name }] of expected.entries()) {
    const [found, wanted] = [existing.get(name), String(spelled.value(i, 0))];
    if (found === undefined || found === wanted) continue;
    throw new ConfigError(
      `Expected column "${name}" of table ${table} in ${path} to be ${wanted}, got ${found}. ` +
        `Convert it (duckdb ${path} 'ALTER TABLE ${table} ALTER "${name}" TYPE ${wanted}'), or give this version a new file.`,
    );
  }
  return expected.filter(({ name }) => !existing.has(name));
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Told of a file whose blocks are not what was written. (Every message of a block has a lock in it.) */
export function isDamaged(message: string): boolean {
  return /corrupt|checksum/i.test(message);
}
export const DAMAGED =
  'It is damaged: put a copy in its place, or move it away and fill a new one (cst backfill)';
