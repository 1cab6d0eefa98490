import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { isFolderLocked, lockFolder } from './lock.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'lock-'));

describe('the lock of a folder', () => {
  it('is seen while it is held', () => {
    const dir = newFolder();
    expect(isFolderLocked(dir)).toBe(false);
    const unlock = lockFolder(dir);
    expect(isFolderLocked(dir)).toBe(true);
    expect(() => lockFolder(dir)).toThrow(/alone, got it in use by another process/);
    unlock();
    expect(isFolderLocked(dir)).toBe(false);
  });

  it('is not taken for held by who else looks', () => {
    const dir = newFolder();
    lockFolder(dir)();
    const other = new DatabaseSync(join(dir, 'lock'), { readOnly: true });
    other.exec('BEGIN; SELECT 1 FROM sqlite_schema');
    expect(isFolderLocked(dir)).toBe(false);
    other.close();
  });

  it('is not seen in a file that is no lock', () => {
    const dir = newFolder();
    writeFileSync(join(dir, 'lock'), 'of something else, and long enough to be read as a page of a database');
    expect(isFolderLocked(dir)).toBe(false);
  });
});
