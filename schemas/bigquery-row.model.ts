/** What a BigQuery table takes of a JSON message, by its documentation: types, modes, nesting, and no field it does not know. */
import type { BigQueryColumn } from './to-bigquery.ts';

/** ISO 8601 in UTC with at most microseconds, in the years BigQuery has. */
const TIMESTAMP = /^(?!0000)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/;

/** Why the row is not taken; null where it is. @param row as JSON.parse gives it. */
export function refusalOf(columns: readonly BigQueryColumn[], row: unknown, path = ''): string | null {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return `${path || 'row'}: no object`;
  const fields = row as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(fields).find((name) => !columns.some((column) => column.name === name));
  if (unknown !== undefined) return `${path}${unknown}: no such column`;
  for (const column of columns) {
    const refusal = cellRefusal(column, fields[column.name], `${path}${column.name}`);
    if (refusal !== null) return refusal;
  }
  return null;
}

function cellRefusal(column: BigQueryColumn, value: unknown, path: string): string | null {
  if (column.mode === 'REPEATED') {
    // Left out means empty; a null is refused.
    if (value === undefined) return null;
    if (!Array.isArray(value)) return `${path}: no array`;
    const refusals = value.map((item, i) => valueRefusal(column, item, `${path}[${i}]`));
    return refusals.find((refusal) => refusal !== null) ?? null;
  }
  if (value === null || value === undefined) return column.mode === 'REQUIRED' ? `${path}: required` : null;
  return valueRefusal(column, value, path);
}

function valueRefusal({ type, fields }: BigQueryColumn, value: unknown, path: string): string | null {
  const fits = {
    STRING: () => typeof value === 'string',
    INT64: () => Number.isSafeInteger(value),
    FLOAT64: () => typeof value === 'number',
    BOOL: () => typeof value === 'boolean',
    TIMESTAMP: () => typeof value === 'string' && TIMESTAMP.test(value),
    JSON: () => value !== undefined,
    RECORD: () => true,
  }[type]();
  if (!fits) return `${path}: expected ${type}, got ${JSON.stringify(value)}`;
  return type === 'RECORD' ? refusalOf(fields ?? [], value, `${path}.`) : null;
}
