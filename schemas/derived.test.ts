import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EventTime } from './primitives.ts';
import { rowSchema, TABLE_NAMES, TABLES } from './tables.ts';
import { type BigQueryColumn, bigQueryColumns } from './to-bigquery.ts';
import { duckDbColumns } from './to-duckdb.ts';
import { type AvroType, pubsubAvroSchema } from './to-pubsub.ts';
import { TOPIC_NAMES, TOPICS } from './topics.ts';

const EVERY_KIND = z.object({
  text: z.string().describe('Text.'),
  kind: z.enum(['A', 'B']).describe('Enum.'),
  type: z.literal('X').describe('Literal.'),
  count: z.number().int().describe('Count.'),
  price: z.number().nullable().describe('Price.'),
  isGood: z.boolean().optional().describe('Flag.'),
  at: EventTime.nullable().describe('Time.'),
  inner: z
    .object({ slope: z.number().describe('Slope.') })
    .nullable()
    .describe('Inner.'),
  points: z.array(z.object({ at: EventTime.describe('When.') })).describe('Points.'),
  tags: z.array(z.string()).describe('Tags.'),
  free: z.record(z.string(), z.union([z.boolean(), z.null()])).describe('Free.'),
});

describe('bigQueryColumns', () => {
  it('maps every kind of field', () => {
    expect(bigQueryColumns(EVERY_KIND)).toEqual([
      { name: 'text', type: 'STRING', mode: 'REQUIRED', description: 'Text.' },
      { name: 'kind', type: 'STRING', mode: 'REQUIRED', description: 'Enum.' },
      { name: 'type', type: 'STRING', mode: 'REQUIRED', description: 'Literal.' },
      { name: 'count', type: 'INT64', mode: 'REQUIRED', description: 'Count.' },
      { name: 'price', type: 'FLOAT64', mode: 'NULLABLE', description: 'Price.' },
      { name: 'isGood', type: 'BOOL', mode: 'NULLABLE', description: 'Flag.' },
      { name: 'at', type: 'TIMESTAMP', mode: 'NULLABLE', description: 'Time.' },
      {
        name: 'inner',
        type: 'RECORD',
        mode: 'NULLABLE',
        description: 'Inner.',
        fields: [{ name: 'slope', type: 'FLOAT64', mode: 'REQUIRED', description: 'Slope.' }],
      },
      {
        name: 'points',
        type: 'RECORD',
        mode: 'REPEATED',
        description: 'Points.',
        fields: [{ name: 'at', type: 'TIMESTAMP', mode: 'REQUIRED', description: 'When.' }],
      },
      { name: 'tags', type: 'STRING', mode: 'REPEATED', description: 'Tags.' },
      { name: 'free', type: 'JSON', mode: 'REQUIRED', description: 'Free.' },
    ]);
  });

  it.each([
    ['a union of values', z.union([z.string(), z.number()])],
    ['a nested array', z.array(z.array(z.string()))],
    ['an array with null', z.array(z.string().nullable())],
    ['an array that may be null', z.array(z.string()).nullable()],
    ['a bigint', z.bigint()],
  ])('refuses %s by the name of the field', (_, odd) => {
    const schema = z.object({ outer: z.object({ odd: odd.describe('Odd.') }).describe('Outer.') });
    expect(() => bigQueryColumns(schema)).toThrow('"outer.odd"');
  });

  it('refuses a field without a description', () => {
    expect(() => bigQueryColumns(z.object({ bare: z.string() }))).toThrow('description of "bare"');
  });
});

describe('duckDbColumns', () => {
  it('maps every kind of field', () => {
    expect(duckDbColumns(EVERY_KIND).map(({ name, type, isNullable }) => [name, type, isNullable])).toEqual([
      ['text', 'VARCHAR', false],
      ['kind', 'VARCHAR', false],
      ['type', 'VARCHAR', false],
      ['count', 'BIGINT', false],
      ['price', 'DOUBLE', true],
      ['isGood', 'BOOLEAN', true],
      ['at', 'TIMESTAMP', true],
      ['inner', 'STRUCT("slope" DOUBLE)', true],
      ['points', 'STRUCT("at" TIMESTAMP)[]', false],
      ['tags', 'VARCHAR[]', false],
      ['free', 'JSON', false],
    ]);
  });
});

describe('tables', () => {
  it.each(TABLE_NAMES)('%s has an id, a TIMESTAMP to partition by, and its cluster columns', (table) => {
    const columns = new Map(bigQueryColumns(rowSchema(table)).map((column) => [column.name, column]));
    expect(columns.get('id')).toMatchObject({ type: 'STRING', mode: 'REQUIRED' });
    expect(columns.get(TABLES[table].partitionBy)).toMatchObject({ type: 'TIMESTAMP', mode: 'REQUIRED' });
    for (const name of TABLES[table].clusterBy) {
      expect(columns.get(name)).toMatchObject({ type: 'STRING', mode: 'REQUIRED' });
    }
  });

  it.each(TABLE_NAMES)('%s describes every column, nested ones too', (table) => {
    const all = (columns: readonly BigQueryColumn[]): readonly BigQueryColumn[] =>
      columns.flatMap((column) => [column, ...all(column.fields ?? [])]);
    for (const column of all(bigQueryColumns(rowSchema(table)))) {
      expect(column.description, column.name).toMatch(/\S/);
    }
  });

  it('has the columns of a trade with its identity', () => {
    expect(bigQueryColumns(rowSchema('ticks')).map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id STRING',
      'venue STRING',
      'symbol STRING',
      'tradeId STRING',
      'seq INT64',
      'ts TIMESTAMP',
      'price FLOAT64',
      'size FLOAT64',
      'side STRING',
    ]);
  });

  it('has the columns of a candle', () => {
    expect(duckDbColumns(rowSchema('candles')).map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id VARCHAR',
      'venue VARCHAR',
      'symbol VARCHAR',
      'interval VARCHAR',
      'openTime TIMESTAMP',
      'open DOUBLE',
      'high DOUBLE',
      'low DOUBLE',
      'close DOUBLE',
      'volume DOUBLE',
      'turnover DOUBLE',
      'buyVolume DOUBLE',
      'trades BIGINT',
      'vwap DOUBLE',
      'coverage DOUBLE',
      'filled BOOLEAN',
      'complete BOOLEAN',
      'revision BIGINT',
    ]);
  });
});

describe('pubsubAvroSchema', () => {
  it('has none for binary batches', () => {
    expect(pubsubAvroSchema('raw-tick-data')).toBeNull();
  });

  it('defines the bias of a pair', () => {
    expect(pubsubAvroSchema('macro-bias-updates')).toMatchObject({
      type: 'record',
      name: 'MacroBiasUpdates',
      fields: [
        { name: 'id', type: 'string' },
        { name: 'pair', type: 'string' },
        { name: 'timestamp', type: 'string' },
        { name: 'bias', type: ['null', 'string'], default: null },
        {
          name: 'confidence',
          type: {
            type: 'record',
            name: 'MacroBiasUpdates_Confidence',
            fields: [
              { name: 'long', type: 'double' },
              { name: 'short', type: 'double' },
            ],
          },
        },
        { name: 'expires_at', type: 'string' },
        { name: 'reasons', type: { type: 'array', items: 'string' } },
      ],
    });
  });

  it.each(TOPIC_NAMES.filter((topic) => TOPICS[topic].encoding === 'json'))(
    '%s has legal names, each record defined once',
    (topic) => {
      const records: string[] = [];
      const visit = (type: AvroType): void => {
        if (typeof type === 'string') return;
        if (!('type' in type)) visit(type[1]);
        else if (type.type === 'array') visit(type.items);
        else {
          records.push(type.name);
          for (const field of type.fields) {
            expect(field.name).toMatch(/^[A-Za-z_]\w*$/);
            visit(field.type);
          }
        }
      };
      visit(pubsubAvroSchema(topic)!);
      expect(new Set(records).size).toBe(records.length);
      for (const name of records) expect(name).toMatch(/^[A-Za-z_]\w*$/);
    },
  );
});
