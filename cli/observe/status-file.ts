/** How a stack is, in a small file of its folder, for whoever asks from another process: now, or after its death. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isFolderLocked } from '../../connectors/bus/embedded/lock.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import { BUS } from '../stack-bus.ts';
import { StackStatus } from '../status.ts';

/** ms since the epoch, of the machine's clock. */
const Ms = z.number().int();

const KeptStatus = z.object({
  pid: z.number().int().positive(),
  version: z.string(),
  startedMs: Ms,
  writtenMs: Ms,
  /** It was asked to end, and did; false of one that was killed, or failed. */
  isStopped: z.boolean(),
  lastSignal: z.string().nullable(),
  /** Null while it starts. */
  status: StackStatus.nullable(),
});
export type KeptStatus = z.output<typeof KeptStatus>;

export const STATUS_FILE = 'status.json';
const EVERY_MS = 2_000;
/** Of candles: as many as are shown. */
const CANDLES = 3;

export type Seen = Pick<KeptStatus, 'status' | 'lastSignal'>;

export interface StatusKeeper {
  readonly startedMs: number;
  /** Writes how it is now. */
  look(): void;
  /** Writes how it was last. */
  close(isStopped: boolean): void;
}

export interface StatusKeeperOptions {
  readonly clock: Clock;
  readonly version: string;
  readonly read: () => Seen;
}

/** A disk that fails costs this file, and never the stack. Where another stack has the folder, the file stays that one's. */
export function keepStatus(dir: string, { clock, version, read }: StatusKeeperOptions): StatusKeeper {
  const startedMs = clock.now();
  const path = join(dir, STATUS_FILE);
  if (isFolderLocked(join(dir, BUS))) return { startedMs, look() {}, close() {} };
  let seen: Seen = { status: null, lastSignal: null };
  const write = (isStopped: boolean) => {
    const about = { pid: process.pid, version, startedMs, writtenMs: clock.now(), isStopped };
    try {
      const status = seen.status && small(seen.status);
      writeFileSync(`${path}.new`, JSON.stringify(z.encode(KeptStatus, { ...about, ...seen, status })));
      renameSync(`${path}.new`, path);
    } catch {
      // The stack itself tells of its disk.
    }
  };
  const look = () => {
    try {
      seen = read();
    } catch {
      // What is closing stays as it was seen last.
    }
    write(false);
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  timer.unref();
  return {
    startedMs,
    look,
    close(isStopped) {
      clearInterval(timer);
      write(isStopped);
    },
  };
}

/** Null where no stack has written one. @throws ConfigError where it is damaged, or of something else. */
export function readStatus(dir: string): KeptStatus | null {
  const path = join(dir, STATUS_FILE);
  const text = textOf(path);
  if (text === null) return null;
  try {
    return KeptStatus.parse(JSON.parse(text));
  } catch (error) {
    const got = error instanceof z.ZodError ? firstIssue(error) : messageOf(error);
    throw new ConfigError(
      `Expected the status of a stack in ${path}, got: ${got}. A stack of this version that runs writes it anew; else remove it.`,
      { cause: error },
    );
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new ConfigError(`Cannot read the status of a stack: ${messageOf(error)}.`, { cause: error });
  }
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') || 'the whole'}: ${issue?.message}`;
}

/** By the lock that its death lets go of: a number of a process may be another's by now. */
export function isRunning(dir: string): boolean {
  return isFolderLocked(join(dir, BUS));
}

/** Before it has its lock. */
export function isStarting({ status, isStopped, pid }: KeptStatus): boolean {
  return status === null && !isStopped && isAlive(pid);
}

/** Whether a process has that number. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Of hundreds of symbols the last bars would be written again and again. */
function small(status: StackStatus): StackStatus {
  const held = new Set(status.books.flatMap(({ positions }) => positions.map(({ symbol }) => symbol)));
  const lastCandles = status.lastCandles.filter(({ symbol }, i) => i < CANDLES || held.has(symbol));
  return { ...status, lastCandles };
}
