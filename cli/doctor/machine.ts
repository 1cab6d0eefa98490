/** The machine: Node, disk, files at once. */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { networkCode } from '../../connectors/network-code.ts';
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

/** Of the folder that something is to be written to, or the one that it would be made in. */
export async function diskFinding(dir: string): Promise<Finding> {
  const folder = nearest(resolve(dir));
  const problem = unwritable(folder);
  if (problem !== null) return unwritableFinding(folder, problem);
  const { bavail, bsize } = await statfs(folder);
  return judgedDisk(bavail * bsize, folder);
}

export function judgedDisk(bytes: number, folder: string): Finding {
  const what = `${(bytes / GB).toFixed(1)} GB free at ${folder}`;
  if (bytes >= SCARCE_DISK) return ok('disk', what);
  return found('disk', bytes < NO_DISK ? 'stop' : 'warning', {
    what,
    why: 'Bus, history and recordings grow; a full disk ends them with an error, and nothing is traded then.',
    remedy: `du -xh -d 1 ${folder} | sort -h, remove what is not needed, or name a --dir on another disk`,
  });
}

/** @param problem The system's word for it. */
export function unwritableFinding(folder: string, problem: string): Finding {
  return found('disk', 'stop', {
    what: `nothing can be written in ${folder}: ${problem}`,
    why: 'Bus, state and history of a stack are files; without them it does not start.',
    remedy: `ls -ld ${folder}, then chown or chmod it, or name another --dir`,
  });
}

function unwritable(folder: string): string | null {
  if (!statSync(folder).isDirectory()) return 'ENOTDIR';
  try {
    accessSync(folder, constants.W_OK);
    return null;
  } catch (error) {
    return networkCode(error) ?? 'refused';
  }
}

function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
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
