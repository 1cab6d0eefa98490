import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { refusalOf } from './bigquery-row.model.ts';
import { bigQuerySubscription } from './bigquery-subscriptions.ts';
import { rowSchema, TABLE_NAMES, TABLES } from './tables.ts';
import { bigQueryColumns } from './to-bigquery.ts';
import { TOPIC_NAMES, TOPICS } from './topics.ts';
import { wireOf } from './wire.arbitrary.ts';

const RUNS = { seed: 6, numRuns: 100 };
const JSON_TOPICS = TOPIC_NAMES.filter((topic) => TOPICS[topic].encoding === 'json');

describe('BigQuery subscriptions', () => {
  it('write each topic of JSON into its table, by the table’s columns', () => {
    expect(bigQuerySubscription('market-candles')).toEqual({
      id: 'market-candles-bigquery',
      topic: 'market-candles',
      isOrdered: false,
      ackDeadlineS: 30,
      retentionS: 604_800,
      retry: { minS: 1, maxS: 60 },
      deadLetter: { topic: 'undelivered', maxAttempts: 10 },
      delivery: { table: 'candles', useTableSchema: true, dropUnknownFields: true, writeMetadata: false },
    });
    expect(JSON_TOPICS.map((topic) => bigQuerySubscription(topic)?.delivery.table).sort()).toEqual(
      TABLE_NAMES.filter((name) => name !== 'ticks').sort(),
    );
  });

  it('are not for trades, which travel in binary batches', () => {
    expect(bigQuerySubscription('raw-tick-data')).toBeNull();
  });

  it.each(TABLE_NAMES)('any message fits a row of %s, as it is published and as it is written', (table) => {
    const schema = rowSchema(table);
    const columns = bigQueryColumns(schema);
    fc.assert(
      fc.property(wireOf(schema), (wire) => {
        expect(refusalOf(columns, JSON.parse(JSON.stringify(wire)))).toBeNull();
        const published = z.encode(schema, z.decode(schema, wire));
        expect(refusalOf(columns, JSON.parse(JSON.stringify(published)))).toBeNull();
      }),
      RUNS,
    );
  });

  it.each(TABLE_NAMES)('a row of %s without something it must have is refused', (table) => {
    const schema = rowSchema(table);
    const columns = bigQueryColumns(schema);
    const [wire] = fc.sample(wireOf(schema), { numRuns: 1, seed: 6 });
    for (const { name, mode } of columns) {
      if (mode !== 'REQUIRED') continue;
      expect(refusalOf(columns, { ...wire, [name]: null })).toBe(`${name}: required`);
      expect(schema.safeParse({ ...wire, [name]: null }).success).toBe(false);
    }
    expect(refusalOf(columns, { ...wire, more: 1 })).toBe('more: no such column');
    expect(TABLES[table].partitionBy in wire!).toBe(true);
  });
});
