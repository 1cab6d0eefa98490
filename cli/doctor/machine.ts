/** The machine: Node, disk, files at once, ports. */
import { existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { neededNode } from '../version.ts';
import { type Finding, found, ok } from './finding.ts';

const GB = 1e9;
/** A live day of 25 symbols with --record takes about this. Unit: bytes. */
const SCARCE_DISK = 5 * GB;
const NO_DISK = 0.2 * GB;
/** Segments of topics, state and sockets are some hundred. */
const SCARCE_FILES = 1_024;

export function nodeFinding(version: string = process.versions.node): Finding {
  const needed = neededNode();
  if (Number.parseInt(version, 10) >= Number.parseInt(needed, 10)) return ok('node', `Node ${version}`);
  return found('node', 'stop', {
    what: `Node ${version}, older than ${needed}`,
    why: 'The program is TypeScript that Node itself runs, and needs its SQLite.',
    remedy: 'npm ci, then npm run cst -- …: both use the Node that the project brings',
  });
}

export async function diskFinding(dir: string): Promise<Finding> {
  const folder = nearestFolder(resolve(dir));
  const { bavail, bsize } = await statfs(folder);
  return judgedDisk(bavail * bsize, folder);
}

export function judgedDisk(bytes: number, folder: string): Finding {
  const what = `${(bytes / GB).toFixed(1)} GB free at ${folder}`;
  if (bytes >= SCARCE_DISK) return ok('disk', what);
  return found('disk', bytes < NO_DISK ? 'stop' : 'warning', {
    what,
    why: 'Bus, history and recordings grow; a full disk ends them with an error, and nothing is traded then.',
    remedy: `du -sh ${folder}/* | sort -h, remove what is not needed, or name another --dir`,
  });
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

/** @param limits Text of Linux' /proc/self/limits; elsewhere nothing is told. */
export function filesFinding(limits: string | null = limitsHere()): Finding {
  const [, most] = /^Max open files\s+(\d+)/m.exec(limits ?? '') ?? [];
  if (most === undefined) return ok('files', 'no limit of open files is known');
  if (Number(most) >= SCARCE_FILES) return ok('files', `${most} open files at once`);
  return found('files', 'warning', {
    what: `${most} open files at once`,
    why: 'Each topic, subscription, socket and recording is one; beyond the limit they fail with EMFILE.',
    remedy: `ulimit -n ${4 * SCARCE_FILES}`,
  });
}

function limitsHere(): string | null {
  const path = '/proc/self/limits';
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

/** @param flag Where the port is set; null: any other one will do as well. */
export async function portFinding(port: number, flag: string | null): Promise<Finding> {
  if (await isFree(port)) return ok('port', `port ${port} is free`);
  const what = `port ${port} is taken`;
  if (flag === null) return ok('port', `${what}: the dashboard takes another, and says which`);
  return found('port', 'stop', {
    what,
    why: `${flag} asks for it, and what wants it will not start.`,
    remedy: `end what has it (lsof -i :${port}; cst status tells of a stack), or set ${flag} to another`,
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const server = createServer();
    server.once('error', () => answer(false));
    server.listen(port, '127.0.0.1', () => server.close(() => answer(true)));
  });
}
