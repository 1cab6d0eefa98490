import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { ConfigError, UpstreamError } from '../../schemas/errors.ts';
import { ManualClock } from '../clock/manual.ts';
import { testStateStoreContract } from './contract.ts';
import type { StateStore } from './port.ts';
import { openSqliteStore } from './sqlite.ts';

const START = Date.UTC(2024, 2, 1);

function folder(test: { onTestFinished(end: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'cst-state-'));
  test.onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

const underTest = async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cst-state-'));
  const clock = new ManualClock(START);
  const stores: StateStore[] = [];
  const another = async () => {
    const store = await openSqliteStore({ path: join(dir, 'state.db'), clock });
    stores.push(store);
    return store;
  };
  return {
    store: await another(),
    clock,
    another,
    async dispose() {
      for (const store of stores) await store.close();
      rmSync(dir, { recursive: true });
    },
  };
};

testStateStoreContract('SQLite', underTest, { runs: 100 });

it('keeps rows over a restart', async (test) => {
  const options = { path: join(folder(test), 'deep', 'state.db'), clock: new ManualClock(START) };
  const before = await openSqliteStore(options);
  await before.put('k', { a: '1' });
  await before.close();
  const after = await openSqliteStore(options);
  expect(await after.get('k')).toEqual({ a: '1' });
  await after.close();
});

it('lets reads pass while another process writes, and gives up a write after its patience', async (test) => {
  const path = join(folder(test), 'state.db');
  const store = await openSqliteStore({ path, clock: new ManualClock(START), patienceMs: 60 });
  await store.put('k', { a: '1' });
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE; UPDATE cells SET value = '2'");
  expect(await store.get('k')).toEqual({ a: '1' });
  const refused = store.put('k', { a: '3' });
  await expect(refused).rejects.toThrow(UpstreamError);
  await expect(refused).rejects.toThrow('Another process holds it');
  const waiting = store.compareAndSet('k', { cell: 'a', is: '2' }, { a: '3' });
  await new Promise(setImmediate);
  other.exec('COMMIT');
  expect(await waiting).toBe(true);
  other.close();
  await store.close();
});

it('removes what has expired from the file', async (test) => {
  const path = join(folder(test), 'state.db');
  const clock = new ManualClock(START);
  const store = await openSqliteStore({ path, clock });
  const expiresAt = START + 1;
  const writes = Array.from({ length: 1_200 }, (_, i) => store.put(`k#${i}`, { a: '1' }, { expiresAt }));
  await Promise.all(writes);
  await clock.advanceTo(START + 60_000);
  for (let i = 0; i < 3; i++) await store.put('other', { a: '1' });
  await store.close();
  const file = new DatabaseSync(path);
  expect(file.prepare('SELECT key FROM cells').all()).toEqual([{ key: 'other' }]);
  file.close();
});

it('syncs the writes of one moment together', async (test) => {
  const path = join(folder(test), 'state.db');
  const store = await openSqliteStore({ path, clock: new ManualClock(START) });
  const writes = Array.from({ length: 100 }, () => store.put('k', { a: '1' }));
  await Promise.all(writes);
  // A transaction of its own would take a page of the log for each.
  expect(statSync(`${path}-wal`).size).toBeLessThan(20 * 4096);
  await store.close();
});

it('says what to do about a file that is no state store', async (test) => {
  const dir = folder(test);
  const garbage = join(dir, 'garbage');
  writeFileSync(garbage, 'x'.repeat(10_000));
  const clock = new ManualClock(START);
  const open = (path: string) => openSqliteStore({ path, clock });
  await expect(open(garbage)).rejects.toThrow(ConfigError);
  await expect(open(garbage)).rejects.toThrow('Move the file away');
  const other = new DatabaseSync(join(dir, 'other'));
  other.exec('CREATE TABLE t (a)');
  other.close();
  await expect(open(join(dir, 'other'))).rejects.toThrow('another database');
  await expect(open(dir)).rejects.toThrow(UpstreamError);
});
