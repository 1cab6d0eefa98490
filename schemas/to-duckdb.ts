/** DuckDB columns of a message: what its BigQuery columns are called there. */
import type { z } from 'zod';
import { type BigQueryColumn, bigQueryColumns } from './to-bigquery.ts';

export interface DuckDbColumn {
  readonly name: string;
  /** SQL type. A TIMESTAMP is UTC. */
  readonly type: string;
  readonly isNullable: boolean;
  readonly description: string;
}

/** DuckDB's name of each BigQuery scalar. */
export const DUCKDB_SCALARS = {
  STRING: 'VARCHAR',
  INT64: 'BIGINT',
  FLOAT64: 'DOUBLE',
  BOOL: 'BOOLEAN',
  TIMESTAMP: 'TIMESTAMP',
  JSON: 'JSON',
} as const;

/** Columns in the order of the schema. @throws ConfigError as bigQueryColumns does. */
export function duckDbColumns(schema: z.ZodObject): DuckDbColumn[] {
  return bigQueryColumns(schema).map((column) => ({
    name: column.name,
    type: sqlType(column),
    isNullable: column.mode === 'NULLABLE',
    description: column.description,
  }));
}

function sqlType(column: BigQueryColumn): string {
  const type = column.type === 'RECORD' ? structType(column.fields ?? []) : DUCKDB_SCALARS[column.type];
  return column.mode === 'REPEATED' ? `${type}[]` : type;
}

function structType(fields: readonly BigQueryColumn[]): string {
  return `STRUCT(${fields.map((field) => `"${field.name}" ${sqlType(field)}`).join(', ')})`;
}
