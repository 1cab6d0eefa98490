/** One process at a time in a folder: a lock that the operating system lets go of when its holder dies. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, UpstreamError } from '../../../schemas/errors.ts';

/** SQLite's own: another connection, of this process or another, holds the file. */
const SQLITE_BUSY = 5;

/** Takes the lock; the function returned lets go of it. @throws UpstreamError where another holds it. */
export function lockFolder(dir: string): () => void {
  const path = join(dir, 'lock');
  try {
    const database = new DatabaseSync(path);
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

/** Whether somebody has the folder now; nothing is made where there is none. */
export function isFolderLocked(dir: string): boolean {
  if (!existsSync(join(dir, 'lock'))) return false;
  try {
    lockFolder(dir)();
    return false;
  } catch (error) {
    return isBusy((error as UpstreamError).cause);
  }
}

function isBusy(error: unknown): boolean {
  return (error as { errcode?: number } | undefined)?.errcode === SQLITE_BUSY;
}
