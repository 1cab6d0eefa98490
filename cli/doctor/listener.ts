/** Which process listens on a port of this machine, as Linux tells it; elsewhere, and of others' processes, nothing is known. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface Listener {
  readonly pid: number;
  /** Of the program; its arguments are its own affair. */
  readonly name: string;
  /** What it has open. */
  readonly files: readonly string[];
}

const PROC = '/proc';
const TABLES = ['net/tcp', 'net/tcp6'];
const LISTENING = '0A';

export function listenerOn(port: number): Listener | null {
  const sockets = new Set(TABLES.flatMap((table) => socketsOn(port, read(join(PROC, table)))));
  if (sockets.size === 0) return null;
  for (const pid of list(PROC).filter((name) => /^\d+$/.test(name))) {
    const files = openFilesOf(pid);
    if (!files.some((file) => sockets.has(file))) continue;
    return { pid: Number(pid), name: nameOf(pid), files };
  }
  return null;
}

/** Rows are `number: address:port peer:port state … inode`, addresses and ports in hex. */
function socketsOn(port: number, table: string): string[] {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((row) => {
    const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
    return local?.endsWith(end) && state === LISTENING ? [`socket:[${inode}]`] : [];
  });
}

function nameOf(pid: string): string {
  return quietly(() => basename(readlinkSync(join(PROC, pid, 'exe'))), 'of another user');
}

function openFilesOf(pid: string): string[] {
  const folder = join(PROC, pid, 'fd');
  return list(folder).flatMap((name) => quietly(() => [readlinkSync(join(folder, name))], []));
}

const list = (folder: string) => quietly(() => readdirSync(folder), []);
const read = (path: string) => quietly(() => readFileSync(path, 'utf8'), '');

/** Processes end while they are looked at, and others' cannot be. */
function quietly<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
