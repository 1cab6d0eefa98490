import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { WalSync } from './wal-sync.ts';

const place = () => join(mkdtempSync(join(tmpdir(), 'cst-wal-')), 'a.sqlite');

describe('WalSync', () => {
  it('syncs the log that SQLite writes, once for all who ask meanwhile', async () => {
    const path = place();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE t (n)');
    expect(existsSync(`${path}-wal`)).toBe(true);
    const sync = new WalSync(path);
    const first = sync.flush();
    const next = sync.flush();
    expect(next).toBe(first);
    await first;
    const later = sync.flush();
    expect(later).not.toBe(first);
    await later;
    await sync.close();
    database.close();
  });

  it('goes on failing once it has failed: what was written until then may be lost', async () => {
    const path = place();
    const sync = new WalSync(path);
    await expect(sync.flush()).rejects.toThrow('ENOENT');
    writeFileSync(`${path}-wal`, '');
    await expect(sync.flush()).rejects.toThrow('ENOENT');
    await sync.close();
  });

  it('has nothing to sync of a database in memory', async () => {
    await new WalSync(':memory:').flush();
  });
});
