/** DuckDB's values as plain JavaScript and back: what JSON can hold, times as ISO 8601 with ms. */
import {
  type DuckDBBlobValue,
  type DuckDBListType,
  type DuckDBListValue,
  type DuckDBResultReader,
  type DuckDBStructType,
  type DuckDBStructValue,
  DuckDBTypeId,
  type DuckDBValue,
  type DuckDBValueConverter,
  JSDuckDBValueConverter,
  LIST,
  listValue,
  VARCHAR,
} from '@duckdb/node-api';
import { ConfigError } from '../../../schemas/errors.ts';

/** Integers beyond 2^53 become decimal strings; a DATE is YYYY-MM-DD, a TIME hh:mm:ss, bytes are base64. */
const toPlain: DuckDBValueConverter<unknown> = (value, type, self) => {
  if (value === null) return null;
  switch (type.typeId) {
    case DuckDBTypeId.DATE:
    case DuckDBTypeId.TIME:
      return String(value);
    case DuckDBTypeId.BLOB:
      return Buffer.from((value as DuckDBBlobValue).bytes).toString('base64');
    case DuckDBTypeId.LIST: {
      const { valueType } = type as DuckDBListType;
      return (value as DuckDBListValue).items.map((item) => self(item, valueType, self));
    }
    case DuckDBTypeId.STRUCT: {
      const { entryNames, entryTypes } = type as DuckDBStructType;
      const { entries } = value as DuckDBStructValue;
      return Object.fromEntries(
        entryNames.map((name, i) => [name, self(entries[name] ?? null, entryTypes[i]!, self)]),
      );
    }
    default:
      return scalar(JSDuckDBValueConverter(value, type, JSDuckDBValueConverter));
  }
};

/** Rows with the values of JSON columns read. (Only the result, not its values, knows which columns these are.) */
export function plainRows(result: DuckDBResultReader): Record<string, unknown>[] {
  const rows = result.convertRowObjects(toPlain);
  const names = result.deduplicatedColumnNames();
  for (const [i, { alias }] of result.columnTypes().entries()) {
    const name = names[i]!;
    if (alias !== 'JSON') continue;
    for (const row of rows) if (typeof row[name] === 'string') row[name] = JSON.parse(row[name]);
  }
  return rows;
}

function scalar(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  return value instanceof Date ? value.toISOString() : value;
}

/** A parameter: null, boolean, number, string, or a list of one kind of these. @throws ConfigError naming it. */
export function toParameter(name: string, value: unknown): DuckDBValue {
  if (Array.isArray(value)) return listValue(value.map((item) => toParameter(name, item)));
  if (value === null || ['boolean', 'number', 'string'].includes(typeof value)) return value as DuckDBValue;
  throw new ConfigError(
    `Expected parameter "${name}" to be null, a boolean, number, string or a list of these, got ${typeof value}. ` +
      'Write a time as an ISO string.',
  );
}

/** The type DuckDB cannot see from the value: that of an empty list. */
export function parameterType(value: unknown) {
  return Array.isArray(value) && value.length === 0 ? LIST(VARCHAR) : undefined;
}
