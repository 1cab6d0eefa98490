/** Runs once before all fast tests: temporary files in memory where there is room, as each flush to a disk stops its test. */
import { readFileSync, statfsSync } from 'node:fs';

const MEMORY = '/dev/shm';
/** Tests start some of what they write. */
const IS_MOUNTED = /^\S+ \/dev\/shm tmpfs (?!\S*noexec)/m;
/** The fast tests leave a fifth of it. Unit: bytes. */
const ROOM = 2 ** 30;

export function setup(): (() => void) | undefined {
  if (process.env.TMPDIR !== undefined || !hasRoom()) return undefined;
  process.env.TMPDIR = MEMORY;
  return () => {
    delete process.env.TMPDIR;
  };
}

function hasRoom(): boolean {
  try {
    const { bsize, bavail } = statfsSync(MEMORY);
    return IS_MOUNTED.test(readFileSync('/proc/mounts', 'utf8')) && bsize * bavail >= ROOM;
  } catch {
    return false;
  }
}
