/** The statement that inserts rows whose id is not there yet. */
import { rowSchema, TABLES, type TableName } from '../../../schemas/tables.ts';
import { type BigQueryColumn, bigQueryColumns } from '../../../schemas/to-bigquery.ts';
import { DUCKDB_SCALARS, duckDbColumns } from '../../../schemas/to-duckdb.ts';
import { literal, quote } from './tables.ts';

type Row = Readonly<Record<string, unknown>>;

export interface Insertion {
  readonly sql: string;
  /** Values of its parameters for these rows. */
  parameters(rows: readonly Row[]): { rows: string; from: string; to: string };
}

/**
 * An id fixes its row's time, so only stored rows of the same span of time can be the same: DuckDB skips the
 * others by the minimum and maximum it keeps per block. An index on the id would have to fit in memory.
 */
export function insertionInto(table: TableName): Insertion {
  const columns = bigQueryColumns(rowSchema(table));
  const time = TABLES[table].partitionBy;
  const names = duckDbColumns(rowSchema(table)).map(({ name }) => name);
  const sql = `
    INSERT INTO ${table} BY NAME
    WITH incoming AS (
      SELECT unnest(record) FROM (SELECT unnest(from_json_strict($rows, ${literal(structure(columns))})) AS record)
    )
    SELECT DISTINCT ON (id) incoming.* FROM incoming
    ANTI JOIN (SELECT id FROM ${table} WHERE ${quote(time)} BETWEEN $from::TIMESTAMP AND $to::TIMESTAMP) AS known
    USING (id)`;
  return {
    sql,
    parameters(rows) {
      const times = rows.map((row) => String(row[time])).sort();
      // Exactly the columns: the reader wants every one of them, and no other.
      const whole = rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null])));
      return { rows: JSON.stringify(whole), from: times[0] ?? '', to: times.at(-1) ?? '' };
    },
  };
}

/** The shape of an array of rows, as from_json takes it. */
function structure(columns: readonly BigQueryColumn[]): string {
  return JSON.stringify([shapeOf(columns)]);
}

function shapeOf(columns: readonly BigQueryColumn[]): Record<string, unknown> {
  return Object.fromEntries(
    columns.map((column) => {
      const one = column.type === 'RECORD' ? shapeOf(column.fields ?? []) : DUCKDB_SCALARS[column.type];
      return [column.name, column.mode === 'REPEATED' ? [one] : one];
    }),
  );
}
