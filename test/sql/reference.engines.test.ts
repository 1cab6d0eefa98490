import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, type TestContext } from 'vitest';
import { queries } from '../../bq/catalog.ts';
import { statementOfQuery, viewStatements } from '../../bq/compose.ts';
import { duckDbOf, GIVEN, type SeededDuckDb, withParams } from './engines.ts';
import { AGGREGATES, COLUMNS, expressionRows, expressions, inline } from './expressions.ts';
import { needReference } from './install.ts';
import { differences } from './same-rows.ts';
import { seededTables, tablesOf } from './seeded.ts';
import { type Reference, startReference } from './zetasql.ts';

const TABLES = resolve(import.meta.dirname, '../../bq/tables');
const SEEDS = [1, 2, 3];

let starting: Promise<Reference> | undefined;
const duckDbs = new Map<number, Promise<SeededDuckDb>>();

function referenceFor(context: Pick<TestContext, 'skip'>): Promise<Reference> {
  starting ??= startReference(needReference(context));
  return starting;
}

function duckDbFor(seed: number): Promise<SeededDuckDb> {
  const opened = duckDbs.get(seed) ?? duckDbOf(seededTables(seed));
  duckDbs.set(seed, opened);
  return opened;
}

afterAll(async () => {
  await (await starting)?.stop();
  for (const engine of duckDbs.values()) await (await engine).close();
});

describe.each(queries().map((query) => [query.path, query] as const))('%s', (_, query) => {
  it.for(SEEDS)(
    'gives the rows of the reference implementation on DuckDB, seed %i',
    async (seed, context) => {
      const reference = await referenceFor(context);
      const statement = withParams(statementOfQuery(query), GIVEN[query.name]);
      const expected = await reference.run(statement.sql, tablesOf(seededTables(seed)), statement.params);
      const { rows } = await (await duckDbFor(seed)).query(statement);
      expect(differences(rows, expected)).toEqual([]);
      if (query.layer !== 'tests') expect(rows.length).toBeGreaterThan(0);
    },
  );
});

describe('the reference implementation', () => {
  it.for(readdirSync(TABLES))('analyses bq/tables/%s', async (file, context) => {
    const reference = await referenceFor(context);
    await reference.analyze(readFileSync(join(TABLES, file), 'utf8'), []);
    await expect(reference.analyze('CREATE TABLE t (a STRING) PARTITION BY b', [])).rejects.toThrow('b');
  });

  it('analyses the views in their order, each over those before it', async (context) => {
    const reference = await referenceFor(context);
    for (const view of viewStatements()) {
      const name = /VIEW (\w+)/.exec(view)?.[1] ?? '';
      const query = queries().find((candidate) => candidate.name === name)!;
      const { sql } = statementOfQuery(query);
      await reference.analyze(view.replace(/AS\n[\s\S]*$/, `AS\n${sql}`), tablesOf(seededTables(1)));
    }
    expect(viewStatements().length).toBeGreaterThan(20);
  });

  it.for(['TRUE', 'FALSE', 'b IS NULL'])(
    'gives aggregates of rows where %s their values on DuckDB',
    async (rows, context) => {
      const reference = await referenceFor(context);
      const table = { name: 'numbers', columns: COLUMNS, rows: expressionRows };
      const from = `FROM UNNEST([${expressionRows.map(inline).join(', ')}])`;
      const values = AGGREGATES.map((aggregate, i) => `${aggregate} AS v${i}`).join(', ');
      const expected = await reference.run(`SELECT ${values} FROM numbers WHERE ${rows}`, [table]);
      const { rows: got } = await (await duckDbFor(1)).query({
        sql: `SELECT ${values} ${from} WHERE ${rows}`,
        params: {},
      });
      expect(differences(got, expected)).toEqual([]);
    },
  );

  it('gives random expressions the values that DuckDB gives their translation', async (context) => {
    const reference = await referenceFor(context);
    const engine = await duckDbFor(1);
    const table = { name: 'numbers', columns: COLUMNS, rows: expressionRows };
    await fc.assert(
      fc.asyncProperty(fc.array(expressions, { minLength: 20, maxLength: 20 }), async (list) => {
        const values = list.map((expression, i) => `${expression} AS v${i}`).join(', ');
        const rows = expressionRows.map(inline);
        const sql = `SELECT ${values} FROM numbers`;
        const onDuckDb = `SELECT ${values} FROM UNNEST([${rows.join(', ')}])`;
        const expected = await reference.run(sql, [table]);
        const { rows: got } = await engine.query({ sql: onDuckDb, params: {} });
        expect(differences(got, expected)).toEqual([]);
      }),
      { numRuns: 100, seed: 6 },
    );
  });
});
