/** Avro definition of a topic's messages, as a Pub/Sub schema whose fields fit the columns of the topic's table. */
import { type BigQueryColumn, bigQueryColumns } from './to-bigquery.ts';
import { TOPICS, type Topic, type TopicName } from './topics.ts';

export type AvroType =
  | string
  | readonly ['null', AvroType]
  | { readonly type: 'array'; readonly items: AvroType }
  | AvroRecord;

export interface AvroField {
  readonly name: string;
  readonly type: AvroType;
  readonly doc: string;
  readonly default?: null;
}

export interface AvroRecord {
  readonly type: 'record';
  readonly name: string;
  readonly doc?: string;
  readonly fields: readonly AvroField[];
}

/**
 * STRING, TIMESTAMP and JSON columns all take an Avro string (an Avro enum would be written as a number).
 * A JSON column's string holds JSON text.
 */
const SCALARS = {
  STRING: 'string',
  TIMESTAMP: 'string',
  JSON: 'string',
  INT64: 'long',
  FLOAT64: 'double',
  BOOL: 'boolean',
} as const;

/**
 * The definition, or null for a topic whose messages are no JSON (`encoding: 'trade-batch'`): Pub/Sub cannot read them.
 *
 * Avro's JSON encoding wraps a nullable value ({"double": 1.5}) where our messages hold it plainly (1.5): a topic
 * that enforces this schema takes Avro-encoded messages only. Plain JSON goes to BigQuery by the table's schema
 * (`useTableSchema`) from a topic without one.
 */
export function pubsubAvroSchema(topic: TopicName): AvroRecord | null {
  const { schema, encoding, message }: Topic = TOPICS[topic];
  if (encoding !== 'json') return null;
  return { ...recordOf(pascalCase(topic), bigQueryColumns(schema)), doc: message };
}

function recordOf(name: string, columns: readonly BigQueryColumn[]): AvroRecord {
  return { type: 'record', name, fields: columns.map((column) => fieldOf(name, column)) };
}

function fieldOf(record: string, column: BigQueryColumn): AvroField {
  const { name, description: doc } = column;
  // Avro defines a name once: a nested record carries the path to it.
  const value: AvroType =
    column.type === 'RECORD'
      ? recordOf(`${record}_${pascalCase(name)}`, column.fields ?? [])
      : SCALARS[column.type];
  if (column.mode === 'REPEATED') return { name, type: { type: 'array', items: value }, doc };
  if (column.mode === 'NULLABLE') return { name, type: ['null', value], doc, default: null };
  return { name, type: value, doc };
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|[-_])(.)/g, (_, letter: string) => letter.toUpperCase());
}
