import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError, UpstreamError } from '../../schemas/errors.ts';
import { candle, wire } from '../history/contract.ts';
import { exportParquet } from '../history/duckdb/parquet.ts';
import { openDuckDbHistory } from '../history/duckdb.ts';
import { openDuckDbSql } from './duckdb.ts';

const folders: string[] = [];
const newFolder = () => {
  folders.push(mkdtempSync(join(tmpdir(), 'cst-sql-')));
  return folders.at(-1)!;
};
afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});

async function historyIn(folder: string): Promise<void> {
  const history = await openDuckDbHistory({ path: join(folder, 'history.duckdb') });
  await history.insert('candles', [wire(candle()), wire(candle({ symbol: 'ADAUSDT', revision: 9 }))]);
  await history.close();
}

async function parquetIn(folder: string, file: string, select: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${join(folder, file)}' (FORMAT parquet)`);
  connection.disconnectSync();
  instance.closeSync();
}

describe('GoogleSQL on DuckDB', () => {
  it('reads a stack’s history, and writes nothing to it', async () => {
    const folder = newFolder();
    await historyIn(folder);
    const engine = await openDuckDbSql({ path: folder });
    const params = {
      from: { type: 'TIMESTAMP', value: '2024-03-01T00:00:00.000Z' },
      revisions: { type: 'ARRAY<INT64>', value: [9, 10] },
      none: { type: 'FLOAT64', value: null },
      unused: { type: 'STRING', value: 'x' },
    };
    const sql = `SELECT symbol, openTime, openTime = @from AS is_first, @none AS none FROM candles
      WHERE openTime >= @from AND revision IN UNNEST(@revisions)`;
    expect(await engine.query({ sql, params })).toEqual({
      columns: ['symbol', 'openTime', 'is_first', 'none'],
      rows: [{ symbol: 'ADAUSDT', openTime: '2024-03-01T00:00:00.000Z', is_first: true, none: null }],
    });
    await expect(engine.query({ sql: 'SELECT * FROM nowhere', params: {} })).rejects.toThrow(/nowhere/);
    expect(await engine.query({ sql: 'SELECT id FROM ticks', params: {} })).toEqual({
      columns: ['id'],
      rows: [],
    });
    await engine.close();
  });

  it('gives days, times of day and bytes as texts', async () => {
    const folder = newFolder();
    await historyIn(folder);
    const engine = await openDuckDbSql({ path: folder });
    const sql = "SELECT DATE '2024-02-29' AS d, TIME '12:34:56' AS t, B'abc' AS b, 9007199254740993 AS i";
    expect((await engine.query({ sql, params: {} })).rows).toEqual([
      { d: '2024-02-29', t: '12:34:56', b: 'YWJj', i: '9007199254740993' },
    ]);
    await engine.close();
  });

  it('tells the plan, and no bytes', async () => {
    const folder = newFolder();
    await historyIn(folder);
    const engine = await openDuckDbSql({ path: join(folder, 'history.duckdb') });
    const plan = await engine.explain({ sql: 'SELECT id FROM candles WHERE volume > 0', params: {} });
    expect(plan).toEqual({ bytes: null, text: expect.stringContaining('candles') });
    await engine.close();
  });

  it('reads Parquet files by the names of their tables; what is not there is empty', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'features', 'day=1'), { recursive: true });
    const bar = "SELECT 'x' AS id, 'bybit' AS venue, TIMESTAMP '2024-03-01' AS \"openTime\"";
    await parquetIn(folder, 'candles.parquet', `${bar}, 1.5 AS "close"`);
    await parquetIn(folder, 'features/day=1/a.parquet', bar);
    const engine = await openDuckDbSql({ path: folder });
    const sql = 'SELECT id, openTime, close, high, (SELECT COUNT(*) FROM features) AS n FROM candles';
    expect((await engine.query({ sql, params: {} })).rows).toEqual([
      { id: 'x', openTime: '2024-03-01T00:00:00.000Z', close: 1.5, high: null, n: 1 },
    ]);
    expect((await engine.query({ sql: 'SELECT * FROM position_events', params: {} })).rows).toEqual([]);
    await engine.close();
  });

  it('says that a file is damaged, and asks nobody to stop', async () => {
    const folder = newFolder();
    await historyIn(folder);
    const path = join(folder, 'history.duckdb');
    const bytes = readFileSync(path);
    // After the three headers, of 4 KiB each.
    writeFileSync(path, bytes.fill(7, 3 * 4_096));
    const opened = openDuckDbSql({ path });
    await expect(opened).rejects.toThrow(UpstreamError);
    await expect(opened).rejects.toThrow(/is damaged/);
    await expect(openDuckDbHistory({ path })).rejects.toThrow(/is damaged/);
    const out = join(folder, 'out');
    await expect(exportParquet({ path, out, tables: ['candles'] })).rejects.toThrow(/is damaged/);
  });

  it('says what is wrong with a place that holds no history', async () => {
    const folder = newFolder();
    await expect(openDuckDbSql({ path: join(folder, 'gone') })).rejects.toThrow(/nothing there/);
    await expect(openDuckDbSql({ path: folder })).rejects.toThrow(/neither/);
    writeFileSync(
      join(folder, 'history.duckdb'),
      'no database, but long enough to be looked at. '.repeat(99),
    );
    await expect(openDuckDbSql({ path: folder })).rejects.toThrow(ConfigError);
  });
});
