/** GoogleSQL's reference implementation in a folder of the user's cache: found, or installed by npm by package name. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { ENVIRONMENT } from '../engines/needs.ts';

/** Binaries of 2024 for Linux (glibc) and macOS, 340 MB unpacked: too much for everyone's `npm ci`. */
const VERSION = '1.13.0';
const PACKAGE = '@fivetrandevelopers/zetasql';
const INSTALL_MS = 540_000;

const cache = ENVIRONMENT.XDG_CACHE_HOME || join(homedir(), '.cache');
const FOLDER = join(cache, 'crypto-signal-tracker', `zetasql-${VERSION}`);
/** Written last: an install that was cut short is made again. */
const DONE = join(FOLDER, 'complete');

export interface ReferenceFiles {
  readonly server: string;
  /** Folder of its .proto files. */
  readonly protos: string;
}

/** Why it cannot be had; undefined until it was looked for. */
let failure: string | null | undefined;

/** Skips the calling test where it cannot be had, and says why; in CI it fails instead. */
export function needReference(context: Pick<TestContext, 'skip'>): ReferenceFiles {
  const lib = join(FOLDER, 'node_modules', PACKAGE, 'lib', 'zetasql');
  if (failure === undefined) failure = existsSync(DONE) ? null : install();
  if (failure === null) return { server: join(lib, binary()), protos: join(lib, 'protos') };
  const reason = `needs ${PACKAGE}, the reference implementation of GoogleSQL: ${failure}`;
  if (ENVIRONMENT.CI) throw new Error(reason);
  return context.skip(reason);
}

function binary(): string {
  return `remote_server${process.arch.startsWith('arm') ? '_arm' : ''}${process.platform === 'darwin' ? '' : '.so'}`;
}

/** Null where it went well, else what did not. */
function install(): string | null {
  if (!['linux', 'darwin'].includes(process.platform)) return `it has no binary for ${process.platform}`;
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const args = [
    'install',
    '--prefix',
    FOLDER,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    `${PACKAGE}@${VERSION}`,
  ];
  const { status, error, stderr } = spawnSync('npm', args, { encoding: 'utf8', timeout: INSTALL_MS });
  if (status !== 0) return `npm ${args.join(' ')}: ${error?.message ?? stderr.trim().slice(-500)}`;
  writeFileSync(DONE, '');
  return null;
}
