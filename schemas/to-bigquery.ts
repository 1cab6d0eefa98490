/** BigQuery columns of a message, derived from its zod schema in wire form; DuckDB and Avro are derived from these. */
import { z } from 'zod';
import { ConfigError } from './errors.ts';

/** A field as BigQuery's API names it (TableFieldSchema). */
export interface BigQueryColumn {
  readonly name: string;
  readonly type: 'STRING' | 'INT64' | 'FLOAT64' | 'BOOL' | 'TIMESTAMP' | 'JSON' | 'RECORD';
  readonly mode: 'REQUIRED' | 'NULLABLE' | 'REPEATED';
  readonly description: string;
  /** Of a RECORD. */
  readonly fields?: readonly BigQueryColumn[];
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * Columns in the order of the schema. Codecs count as what they are on the wire: EventTime is a TIMESTAMP.
 * A record of free keys becomes JSON, an enum or literal STRING.
 * @throws ConfigError naming the field that has no BigQuery type, or no description.
 */
export function bigQueryColumns(schema: z.ZodObject): BigQueryColumn[] {
  return columnsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), '');
}

function columnsOf(object: JsonSchema, path: string): BigQueryColumn[] {
  const required = new Set(object.required);
  return Object.entries(object.properties ?? {}).map(([name, field]) =>
    columnOf(name, asSchema(field), required.has(name), path ? `${path}.${name}` : name),
  );
}

function columnOf(name: string, field: JsonSchema, isRequired: boolean, path: string): BigQueryColumn {
  const { value, isNullable } = withoutNull(field);
  const description = field.description ?? value.description;
  if (!description) {
    throw new ConfigError(`Expected a description of "${path}", got none. Add .describe('…') to its schema.`);
  }
  if (value.type === 'array') {
    const items = asSchema(value.items);
    if (isNullable || !isRequired || items.type === 'array' || withoutNull(items).isNullable) {
      throw unmappable(path, 'an array that is null, or holds null or arrays');
    }
    return { name, mode: 'REPEATED', description, ...typeOf(items, path) };
  }
  const mode = isRequired && !isNullable ? 'REQUIRED' : 'NULLABLE';
  return { name, mode, description, ...typeOf(value, path) };
}

function typeOf(value: JsonSchema, path: string): Pick<BigQueryColumn, 'type' | 'fields'> {
  switch (value.type) {
    case 'string':
      return { type: value.format === 'date-time' ? 'TIMESTAMP' : 'STRING' };
    case 'integer':
      return { type: 'INT64' };
    case 'number':
      return { type: 'FLOAT64' };
    case 'boolean':
      return { type: 'BOOL' };
    case 'object':
      return value.properties ? { type: 'RECORD', fields: columnsOf(value, path) } : { type: 'JSON' };
    default:
      throw unmappable(path, JSON.stringify({ ...value, description: undefined }));
  }
}

/** `nullable()` reads as type [value, 'null'], or as anyOf [value, null]. */
function withoutNull(field: JsonSchema): { value: JsonSchema; isNullable: boolean } {
  const types: readonly unknown[] = [field.type].flat();
  if (types.length === 2 && types[1] === 'null') {
    return { value: { ...field, type: types[0] } as JsonSchema, isNullable: true };
  }
  const options = field.anyOf?.map(asSchema) ?? [];
  const others = options.filter((option) => option.type !== 'null');
  if (others.length !== 1) return { value: field, isNullable: false };
  return { value: others[0]!, isNullable: options.length > 1 };
}

function asSchema(schema: unknown): JsonSchema {
  return typeof schema === 'object' && schema !== null ? (schema as JsonSchema) : {};
}

function unmappable(path: string, got: string): ConfigError {
  return new ConfigError(
    `Expected "${path}" to be a string, number, boolean, time, object, record or array of one of these, got ${got}. ` +
      'Change its schema, or map it in schemas/to-bigquery.ts.',
  );
}
