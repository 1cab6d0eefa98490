import { describe, expect, it } from 'vitest';
import { TABLE_NAMES } from '../schemas/tables.ts';
import { queries, VIEW_LAYERS } from './catalog.ts';
import { qualified, statementOf, statementOfQuery, viewStatements } from './compose.ts';

/** Names of common table expressions, as `name AS (` at the start of a line. */
const expressionsOf = (sql: string) =>
  [...sql.matchAll(/^(?:WITH (?:RECURSIVE )?)?(\w+) AS \($/gm)].map(([, name]) => name ?? '');
const find = (name: string) => queries().find((query) => query.name === name)!;

describe('statementOf', () => {
  it('leaves a query of history tables alone', () => {
    expect(statementOf('SELECT id FROM candles;\n')).toEqual({ sql: 'SELECT id FROM candles', params: [] });
  });

  it('puts what is read in front, each behind what it reads itself, once', () => {
    const { sql } = statementOf(
      "-- My own.\nSELECT * FROM trades JOIN equity USING (book) -- FROM refusals\nWHERE a = 'FROM latency'",
    );
    const names = expressionsOf(sql);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('refusals');
    expect(names).not.toContain('latency');
    expect(names.indexOf('stg_position_events')).toBeLessThan(names.indexOf('trade_entries'));
    expect(names.indexOf('trade_entries')).toBeLessThan(names.indexOf('trades'));
    expect(sql).toMatch(/\n\)\nSELECT \* FROM trades JOIN equity USING \(book\)/);
    expect(sql).not.toContain('My own');
  });

  it('joins the expressions of a query to those before it, also where it is written in small letters', () => {
    const { sql } = statementOf('with mine as (select (1) as one from refusals) select one from mine');
    expect(sql).toMatch(
      /^WITH stg_position_events AS \([\s\S]*refusals AS \([\s\S]*,\nmine as \(select \(1\) as one from refusals\)\nselect one from mine$/,
    );
  });

  it('is recursive where something it reads is', () => {
    expect(statementOf('SELECT * FROM backtest_trades').sql).toMatch(/^WITH RECURSIVE /);
    expect(statementOf('SELECT * FROM trades').sql).toMatch(/^WITH stg_/);
  });

  it('takes parameters of what it reads; its own default holds', () => {
    const own = statementOfQuery(find('backtest_sensitivity')).params;
    expect(own.find(({ name }) => name === 'stop_losses')?.default).toEqual([0.003, 0.005, 0.0075]);
    expect(own.find(({ name }) => name === 'taker_fee')?.default).toBe(0.0006);
    expect(own.filter(({ name }) => name === 'take_profits')).toHaveLength(1);
  });
});

describe('every query of bq/', () => {
  it.each(queries().map((query) => [query.path, query] as const))('%s keeps to the form', (_, query) => {
    const { header, sql, name } = query;
    expect(header.title).toMatch(/^[A-Z].*[.:]$/);
    const used = new Set([...sql.replace(/^--.*$/gm, '').matchAll(/@(\w+)/g)].map(([, param]) => param));
    const known = statementOfQuery(query).params.map((param) => param.name);
    expect([...used].filter((param) => !known.includes(param ?? ''))).toEqual([]);
    if (VIEW_LAYERS.includes(query.layer))
      expect(statementOfQuery(query).params, 'a view has no parameters').toEqual([]);
    expect(TABLE_NAMES as readonly string[]).not.toContain(name);
    const composed = expressionsOf(statementOfQuery(query).sql);
    expect(new Set(composed).size).toBe(composed.length);
  });

  it('names each common table expression in one query alone, and none like a table or a query', () => {
    const names = [
      ...queries().flatMap(({ sql }) => expressionsOf(sql)),
      ...queries().map(({ name }) => name),
      ...TABLE_NAMES,
    ];
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });
});

describe('viewStatements', () => {
  it('creates every view after those it reads', () => {
    const created = viewStatements().map(
      (statement) => /^CREATE OR REPLACE VIEW (\w+)\n/.exec(statement)?.[1] ?? '',
    );
    expect(created.toSorted()).toEqual(
      queries()
        .filter(({ layer }) => VIEW_LAYERS.includes(layer))
        .map(({ name }) => name)
        .toSorted(),
    );
    expect(created.indexOf('stg_feed_events')).toBeLessThan(created.indexOf('gap_ledger'));
    expect(created.indexOf('gap_ledger')).toBeLessThan(created.indexOf('feed_quality'));
    expect(created.indexOf('feed_quality')).toBeLessThan(created.indexOf('looker_feed'));
  });
});

describe('qualified', () => {
  it('gives tables and views their full names, and nothing else', () => {
    const sql = `WITH mine AS (SELECT id FROM candles c JOIN stg_candles USING (id))
SELECT 'FROM candles' AS text, mine.id -- FROM candles
FROM mine, UNNEST([1]) JOIN trades ON TRUE`;
    expect(qualified(sql, 'my-project.history')).toBe(
      `WITH mine AS (SELECT id FROM \`my-project.history.candles\` c JOIN \`my-project.history.stg_candles\` USING (id))
SELECT 'FROM candles' AS text, mine.id -- FROM candles
FROM mine, UNNEST([1]) JOIN \`my-project.history.trades\` ON TRUE`,
    );
  });
});
