/** One process at a time in a folder: a lock that the operating system lets go of when its holder dies. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, UpstreamError } from '../../../schemas/errors.ts';

/** SQLite's own: another connection, of this process or another, holds the file. */
const SQLITE_BUSY = 5;

/** Whoever looks whether it is locked is gone by then. Unit: ms. */
const LOOKING_MS = 250;

/** Takes the lock; the function returned lets go of it. @throws UpstreamError where another holds it. */
export function lockFolder(dir: string): () => void {
  const path = join(dir, 'lock');
  try {
    const database = new DatabaseSync(path, { timeout: LOOKING_MS });
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return () => database.close();
  } catch (cause) {
    const got = isBusy(cause)
      ? 'it in use by another process, or opened twice in this one'
      : messageOf(cause);
    throw new UpstreamError(
      `Expected to open the message log in ${dir} alone, got ${got}. Stop the other, or give this one its own folder.`,
      { cause },
    );
  }
}

/** Whether somebody has the folder now; nothing is made where there is none, and who looks is in nobody's way. */
export function isFolderLocked(dir: string): boolean {
  const path = join(dir, 'lock');
  if (!existsSync(path)) return false;
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      database.exec('SELECT 1 FROM sqlite_schema');
    } finally {
      database.close();
    }
    return false;
  } catch (error) {
    return isBusy(error);
  }
}

function isBusy(error: unknown): boolean {
  return (error as { errcode?: number } | undefined)?.errcode === SQLITE_BUSY;
}
