import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queries } from '../../bq/catalog.ts';
import { statementOfQuery } from '../../bq/compose.ts';
import { duckDbOf, type SeededDuckDb, withParams } from './engines.ts';
import { seededTables } from './seeded.ts';

const VIEWS = queries().filter(({ layer }) => layer === 'looker');
/** What a value of the type looks like in JSON. */
const LOOKS: Readonly<Record<string, (value: unknown) => boolean>> = {
  STRING: (value) => typeof value === 'string',
  INT64: Number.isInteger,
  FLOAT64: (value) => typeof value === 'number',
  DATE: (value) => /^\d{4}-\d{2}-\d{2}$/.test(String(value)),
  TIMESTAMP: (value) => /^\d{4}-\d{2}-\d{2}T.*Z$/.test(String(value)),
};

let duckDb: SeededDuckDb;
beforeAll(async () => {
  duckDb = await duckDbOf(seededTables(2));
});
afterAll(() => duckDb.close());

describe.each(VIEWS.map((view) => [view.name, view] as const))('%s', (_, view) => {
  it('has the columns it promises, in their order and types', async () => {
    const { columns, rows } = await duckDb.query(withParams(statementOfQuery(view)));
    expect(columns).toEqual(view.header.columns.map(({ name }) => name));
    expect(rows.length).toBeGreaterThan(0);
    for (const { name, type } of view.header.columns) {
      const odd = rows.map((row) => row[name]).filter((value) => value !== null && !LOOKS[type]?.(value));
      expect(odd, name).toEqual([]);
    }
  });

  it('has one dimension of time, the first, and no text that is empty', async () => {
    expect(view.header.columns[0]).toMatchObject({
      role: 'dimension',
      type: expect.stringMatching(/DATE|TIMESTAMP/),
    });
    const texts = view.header.columns.filter(({ type, role }) => type === 'STRING' && role === 'dimension');
    const { rows } = await duckDb.query(withParams(statementOfQuery(view)));
    for (const { name } of texts) expect(rows.filter((row) => row[name] === null)).toEqual([]);
  });
});
