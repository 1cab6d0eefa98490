import { DuckDBInstance } from '@duckdb/node-api';
import { Dialect, transpile } from '@polyglot-sql/sdk';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../schemas/errors.ts';
import { DEFECTS, toDuckDb } from './google-sql.ts';

const raw = (sql: string) => transpile(sql, Dialect.BigQuery, Dialect.DuckDB).sql?.[0];

async function valuesOf(sql: string): Promise<unknown[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const result = await connection.runAndReadAll(sql);
  const [row = []] = result.getRowsJson();
  connection.disconnectSync();
  instance.closeSync();
  return row;
}

describe('toDuckDb', () => {
  it('casts each parameter to its type, and leaves texts, names and comments alone', () => {
    const sql =
      'SELECT @x AS x, \'@x\' AS a, "@x" AS b, @xs AS xs -- @x\n/* @y */ FROM t WHERE ts >= @at # @z';
    expect(toDuckDb(sql, { x: 'INT64', xs: 'ARRAY<FLOAT64>', at: 'TIMESTAMP' })).toMatch(
      /^SELECT CAST\(\$x AS BIGINT\) AS x, '@x' AS a, '@x' AS b, CAST\(\$xs AS DOUBLE\[\]\) AS xs[\s\S]* FROM t WHERE ts >= CAST\(\$at AS TIMESTAMP\)/,
    );
    // What polyglot alone makes of a named parameter: PostgreSQL's absolute value.
    expect(raw('SELECT @x')).toBe('SELECT ABS(x)');
  });

  it.each([
    ['SELECT @missing', { known: 'INT64' }, /@missing, got those of known/],
    ['SELECT @x', { x: 'GEOGRAPHY' }, /got GEOGRAPHY/],
    ['SELECT FROM WHERE', {}, /Expected GoogleSQL/],
    ['SELECT 1; SELECT 2', {}, /one query, got 2/],
    ["/* a */ COPY t TO 'f.csv'", {}, /query.*got COPY/],
    ["ATTACH 'f.db' AS f", {}, /query.*got ATTACH/],
    ['  -- a comment', {}, /got nothing/],
  ] as const)('refuses %s', (sql, types, reason) => {
    expect(() => toDuckDb(sql, types)).toThrow(reason);
    expect(() => toDuckDb(sql, types)).toThrow(ConfigError);
  });

  it('keeps the brackets of division and remainder', async () => {
    const sql =
      'SELECT DIV(7 + 8, 4) AS a, 2 * MOD(7, 4) AS b, 60 / MOD(9, 4) AS c, -DIV(7, 2) AS d, DIV(-7, 2) AS e';
    expect((await valuesOf(toDuckDb(sql))).map(Number)).toEqual([3, 6, 60, -3, -3]);
    expect((await valuesOf(raw(sql)!)).map(Number)).not.toEqual([3, 6, 60, -3, -3]);
  });

  it('counts nothing as 0', async () => {
    const sql =
      "SELECT COUNTIF(x = ')' OR (x = 'COUNTIF(')) AS n, COUNTIF(x IS NULL) + 1 AS m FROM UNNEST([CAST(NULL AS STRING)]) AS x";
    expect((await valuesOf(toDuckDb(sql))).map(Number)).toEqual([0, 2]);
    expect(await valuesOf(raw("SELECT COUNTIF(x = ')') FROM UNNEST([CAST(NULL AS STRING)]) AS x")!)).toEqual([
      null,
    ]);
  });

  it('puts nulls first, as GoogleSQL does', async () => {
    const sql = 'SELECT x FROM UNNEST([1, NULL, 2]) AS x ORDER BY x LIMIT 1';
    expect(await valuesOf(toDuckDb(sql))).toEqual([null]);
  });

  /** What BigQuery gives, by its documentation; each is wrong or refused in the raw translation. */
  it.each([
    [
      'TIMESTAMP_DIFF',
      "SELECT TIMESTAMP_DIFF(TIMESTAMP '2024-01-02 00:10:00', TIMESTAMP '2024-01-01 23:50:00', HOUR)",
      '0',
    ],
    ['REGEXP_CONTAINS', "SELECT REGEXP_CONTAINS('abc', r'b')", 'true'],
    ['CONCAT', "SELECT CONCAT('a', CAST(NULL AS STRING))", 'null'],
    ['WEEK', "SELECT CAST(DATE_TRUNC(DATE '2024-06-05', WEEK) AS STRING)", '2024-06-02'],
    ['OFFSET', 'SELECT MIN(place) FROM UNNEST([5, 6]) AS x WITH OFFSET AS place', '0'],
    ['DAYOFWEEK', "SELECT EXTRACT(DAYOFWEEK FROM DATE '2024-06-02')", '1'],
    ['JSON_VALUE', `SELECT JSON_VALUE('{"a": "b"}', '$.a')`, 'b'],
    ['IS_NAN', "SELECT IS_NAN(CAST('NaN' AS FLOAT64))", 'true'],
  ])('refuses %s, which polyglot translates to something else', async (_, sql, truth) => {
    expect(() => toDuckDb(sql)).toThrow(/means the same on DuckDB/);
    const got = await valuesOf(raw(sql)!).catch(() => ['refused']);
    expect(String(got[0])).not.toBe(truth);
  });

  it('refuses nothing that is only said in a text or comment', () => {
    expect(toDuckDb("SELECT 'CONCAT(' AS a -- JSON_VALUE(")).toMatch(/^SELECT 'CONCAT\(' AS a/);
    expect(toDuckDb('SELECT TIMESTAMP_DIFF(a, TIMESTAMP_MILLIS(DIV(b, 2)), MILLISECOND) FROM t')).toMatch(
      /DATE_DIFF/,
    );
    expect(DEFECTS.every(({ instead }) => instead.length > 10)).toBe(true);
  });
});
