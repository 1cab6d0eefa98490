/** One process at a time in a folder: a lock that the operating system lets go of when its holder dies. */
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
    const isHeld = (cause as { errcode?: number }).errcode === SQLITE_BUSY;
    const got = isHeld ? 'it in use by another process, or opened twice in this one' : messageOf(cause);
    throw new UpstreamError(
      `Expected to open the message log in ${dir} alone, got ${got}. Stop the other, or give this one its own folder.`,
      { cause },
    );
  }
}
