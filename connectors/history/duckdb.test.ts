import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../schemas/errors.ts';
import { TABLE_NAMES } from '../../schemas/tables.ts';
import { candle, testHistoryContract, wire } from './contract.ts';
import { openDuckDbHistory } from './duckdb.ts';

const folders: string[] = [];
const newFile = () => {
  folders.push(mkdtempSync(join(tmpdir(), 'cst-history-')));
  return join(folders.at(-1)!, 'history.duckdb');
};
afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});

testHistoryContract('DuckDB', async () => {
  const path = newFile();
  let history = await openDuckDbHistory({ path });
  return {
    history,
    async reopen() {
      await history.close();
      history = await openDuckDbHistory({ path });
      return history;
    },
    dispose: () => history.close(),
  };
});

/** Runs SQL on a file behind the history's back. */
async function alter(path: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(sql);
  connection.disconnectSync();
  instance.closeSync();
}

describe('DuckDB history', () => {
  it('makes and describes every table', async () => {
    const history = await openDuckDbHistory({ path: ':memory:' });
    const tables = await history.query(
      'SELECT table_name AS name, comment FROM duckdb_tables() ORDER BY name',
    );
    expect(tables.map(({ name }) => name)).toEqual([...TABLE_NAMES].sort());
    const bare = 'SELECT count(*) AS n FROM duckdb_columns() WHERE NOT internal AND comment IS NULL';
    expect(await history.query(bare)).toEqual([{ n: 0 }]);
    await history.close();
    await history.close();
  });

  it('adds a column that a file of an earlier version lacks', async () => {
    const path = newFile();
    const before = await openDuckDbHistory({ path });
    await before.insert('candles', [wire(candle())]);
    await before.close();
    await alter(path, 'ALTER TABLE candles DROP COLUMN vwap');
    const after = await openDuckDbHistory({ path });
    await after.insert('candles', [wire(candle({ openTime: 1, vwap: 2 }))]);
    expect(await after.query('SELECT vwap FROM candles ORDER BY "openTime"')).toEqual([
      { vwap: 2 },
      { vwap: null },
    ]);
    await after.close();
  });

  it('refuses a column of another type, saying how to convert it', async () => {
    const path = newFile();
    await (await openDuckDbHistory({ path })).close();
    await alter(path, 'ALTER TABLE candles ALTER trades TYPE VARCHAR');
    const opening = openDuckDbHistory({ path });
    await expect(opening).rejects.toThrow(ConfigError);
    await expect(opening).rejects.toThrow(/"trades".*to be BIGINT, got VARCHAR.*ALTER TABLE candles/);
    await alter(path, 'ALTER TABLE candles ALTER trades TYPE BIGINT');
    await (await openDuckDbHistory({ path })).close();
  });

  it('refuses a file that is none of its own', async () => {
    const path = newFile();
    writeFileSync(path, 'not a database, but long enough to look at '.repeat(200));
    await expect(openDuckDbHistory({ path })).rejects.toThrow(path);
  });

  it('keeps what a killed process had inserted', async () => {
    const path = newFile();
    const script = `
      const { openDuckDbHistory } = await import(${JSON.stringify(join(import.meta.dirname, 'duckdb.ts'))});
      const history = await openDuckDbHistory({ path: ${JSON.stringify(path)} });
      await history.insert('candles', ${JSON.stringify([wire(candle())])});
      process.kill(process.pid, 'SIGKILL');`;
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
    expect(signal).toBe('SIGKILL');
    const history = await openDuckDbHistory({ path });
    expect(await history.query('SELECT id FROM candles')).toEqual([{ id: candle().id }]);
    await history.close();
  });

  it('blames a full disk on no row', async () => {
    const path = newFile();
    const script = `
      const { openDuckDbHistory } = await import(${JSON.stringify(join(import.meta.dirname, 'duckdb.ts'))});
      const history = await openDuckDbHistory({ path: ${JSON.stringify(path)} });
      const bar = ${JSON.stringify(wire(candle()))};
      const rows = (i) => Array.from({ length: 1_000 }, (_, j) => ({ ...bar, id: \`\${i}:\${j}\` }));
      for (let i = 0; i < 100; i++) await history.insert('candles', rows(i));`;
    // A file that may not grow fails as one on a full disk does. Unit: KiB.
    const limited = [
      '-c',
      'ulimit -f 1024; exec "$@"',
      'limited',
      process.execPath,
      '--input-type=module',
      '-e',
    ];
    const { stderr } = spawnSync('bash', [...limited, script], { encoding: 'utf8' });
    expect(stderr).toMatch(/UpstreamError: Expected to insert into candles.*Check the disk/);
  });

  it('is bounded where it is lean alone', async () => {
    const limits = async (options: { isLean?: boolean }) => {
      const history = await openDuckDbHistory({ path: newFile(), ...options });
      const setting = (name: string) => `current_setting('${name}') AS ${name}`;
      const [row] = await history.query(
        `SELECT ${setting('memory_limit')}, ${setting('checkpoint_threshold')}`,
      );
      await history.close();
      return row;
    };
    expect(await limits({ isLean: true })).toEqual({
      memory_limit: '91.5 MiB',
      checkpoint_threshold: '1.9 MiB',
    });
    const { memory_limit, checkpoint_threshold } = (await limits({})) ?? {};
    expect(memory_limit).not.toBe('91.5 MiB');
    expect(checkpoint_threshold).toBe('16.0 MiB');
  });

  it('gives dates, decimals and great integers as JSON can hold them', async () => {
    const history = await openDuckDbHistory({ path: ':memory:' });
    const sql = `SELECT DATE '2024-03-01' AS day, 1.25::DECIMAL(8, 3) AS price, 9007199254740993::BIGINT AS great,
      sum(1) AS total, TIMESTAMPTZ '2024-03-01 00:00:00.5+00' AS at, '{"a": [1]}'::JSON AS free`;
    expect(await history.query(sql)).toEqual([
      {
        day: '2024-03-01',
        price: 1.25,
        great: '9007199254740993',
        total: 1,
        at: '2024-03-01T00:00:00.500Z',
        free: { a: [1] },
      },
    ]);
    await expect(history.query('SELECT $x', { x: new Map() })).rejects.toThrow('parameter "x"');
    await history.close();
  });
});
