/** Rows in wire form as the reference implementation's values, and back. */
import type { BigQueryColumn } from '../../schemas/to-bigquery.ts';

type Message = Record<string, unknown>;
type ColumnType = Pick<BigQueryColumn, 'type'> & Partial<Pick<BigQueryColumn, 'mode' | 'fields'>>;

export interface TableOf {
  readonly name: string;
  readonly columns: readonly BigQueryColumn[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export type Decoded = null | boolean | number | string | Decoded[] | { [name: string]: Decoded };

/** Numbers of zetasql.TypeKind. */
const KINDS = { INT64: 2, BOOL: 5, FLOAT64: 7, STRING: 8, TIMESTAMP: 19, JSON: 26 } as const;

/** FLOAT64, or ARRAY<FLOAT64>. */
export function columnTypeOf(type: string): ColumnType {
  const item = /^ARRAY<(\w+)>$/.exec(type)?.[1];
  return { type: (item ?? type) as ColumnType['type'], mode: item === undefined ? 'NULLABLE' : 'REPEATED' };
}

export function typeOf(column: ColumnType): Message {
  if (column.mode === 'REPEATED') {
    return { typeKind: 16, arrayType: { elementType: typeOf({ ...column, mode: 'REQUIRED' }) } };
  }
  if (column.type !== 'RECORD') return { typeKind: KINDS[column.type] };
  const field = (column.fields ?? []).map((inner) => ({ fieldName: inner.name, fieldType: typeOf(inner) }));
  return { typeKind: 17, structType: { field } };
}

export function encodeRow(
  columns: readonly BigQueryColumn[],
  row: Readonly<Record<string, unknown>>,
): Message[] {
  return columns.map((column) => encodeValue(column, row[column.name]));
}

export function encodeValue(column: ColumnType, value: unknown): Message {
  if (column.mode === 'REPEATED') {
    const items = Array.isArray(value) ? value : [];
    return {
      arrayValue: { element: items.map((item) => encodeValue({ ...column, mode: 'REQUIRED' }, item)) },
    };
  }
  if (value === null || value === undefined) return {};
  switch (column.type) {
    case 'STRING':
      return { stringValue: value };
    case 'INT64':
      return { int64Value: String(value) };
    case 'FLOAT64':
      return { doubleValue: value };
    case 'BOOL':
      return { boolValue: value };
    case 'JSON':
      return { jsonValue: JSON.stringify(value) };
    case 'TIMESTAMP': {
      const ms = Date.parse(String(value));
      return {
        timestampValue: {
          seconds: String(Math.floor(ms / 1000)),
          nanos: (((ms % 1000) + 1000) % 1000) * 1e6,
        },
      };
    }
    case 'RECORD':
      return { structValue: { field: encodeRow(column.fields ?? [], value as Record<string, unknown>) } };
  }
}

interface NamedType {
  readonly name: string;
  readonly type: Message;
}

export function decodeRow(columns: readonly NamedType[], cells: readonly Message[]): Record<string, Decoded> {
  return Object.fromEntries(columns.map(({ name, type }, i) => [name, decode(type, cells[i] ?? {})]));
}

function decode(type: Message, value: Message): Decoded {
  const [[kind, content] = []] = Object.entries(value);
  switch (kind) {
    case undefined:
      return null;
    case 'int64Value':
    case 'doubleValue':
      return Number(content);
    case 'timestampValue': {
      const { seconds = 0, nanos = 0 } = content as { seconds?: unknown; nanos?: unknown };
      return new Date(Number(seconds) * 1000 + Number(nanos) / 1e6).toISOString();
    }
    case 'dateValue':
      return new Date(Number(content) * 86_400_000).toISOString().slice(0, 10);
    case 'jsonValue':
      return JSON.parse(String(content)) as Decoded;
    case 'arrayValue': {
      const { elementType } = type.arrayType as { elementType: Message };
      const { element = [] } = content as { element?: Message[] };
      return element.map((item) => decode(elementType, item));
    }
    case 'structValue': {
      const { field: fields } = type.structType as { field: { fieldName: string; fieldType: Message }[] };
      const { field = [] } = content as { field?: Message[] };
      return decodeRow(
        fields.map(({ fieldName, fieldType }) => ({ name: fieldName, type: fieldType })),
        field,
      );
    }
    default:
      return content as Decoded;
  }
}
