import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, UpstreamError } from '../schemas/errors.ts';
import { SqliteFile } from './sqlite-file.ts';

const options = (path: string) => ({
  path,
  what: 'numbers',
  magic: 'test',
  version: 1,
  schema: 'CREATE TABLE numbers (n INTEGER PRIMARY KEY) STRICT',
});
const place = () => join(mkdtempSync(join(tmpdir(), 'cst-sqlite-')), 'deep', 'a.sqlite');

describe('SqliteFile', () => {
  it('keeps what was committed, and nothing of what was not', () => {
    const path = place();
    const file = new SqliteFile(options(path));
    file.run('INSERT INTO numbers VALUES (1)');
    expect(() =>
      file.transaction(() => {
        file.transaction(() => file.run('INSERT INTO numbers VALUES (2)'));
        throw new Error('no');
      }),
    ).toThrow('no');
    file.close();
    const again = new SqliteFile(options(path));
    expect(again.all('SELECT n FROM numbers')).toEqual([{ n: 1 }]);
    expect(again.get('SELECT n FROM numbers WHERE n > 1')).toBeUndefined();
    again.close();
  });

  it('has what was committed in its log at once, and says when the disk has it', async () => {
    const path = place();
    const file = new SqliteFile({ ...options(path), commits: 'flushed' });
    file.run('INSERT INTO numbers VALUES (1)');
    await file.flush();
    rmSync(`${path}-wal`);
    file.close();
    const broken = new SqliteFile({ ...options(path), commits: 'flushed' });
    rmSync(`${path}-wal`);
    await expect(broken.flush()).rejects.toThrow(/sync numbers in .*Check the disk, then start again/);
    broken.close();
  });

  it('is held by one at a time', () => {
    const path = place();
    const file = new SqliteFile(options(path));
    expect(() => new SqliteFile(options(path))).toThrow(UpstreamError);
    expect(() => new SqliteFile(options(path))).toThrow(/numbers in .*end that one/);
    file.close();
    new SqliteFile(options(path)).close();
  });

  it('refuses what is something else, and says what to do', () => {
    const path = place();
    new SqliteFile(options(path)).close();
    expect(() => new SqliteFile({ ...options(path), version: 2 })).toThrow(ConfigError);
    writeFileSync(path, 'no database, but long enough to be taken for one '.repeat(20));
    expect(() => new SqliteFile(options(path))).toThrow(/Move the file away/);
  });
});
