/** How a stack is, in a small file of its folder, for whoever asks from another process: now, or after its death. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFolderLocked } from '../../connectors/bus/embedded/lock.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import { BUS } from '../stack-bus.ts';
import type { StackStatus } from '../status.ts';

export interface KeptStatus {
  readonly pid: number;
  readonly version: string;
  /** Unit: ms since the epoch, of the machine's clock. */
  readonly startedMs: number;
  readonly writtenMs: number;
  /** It was asked to end, and did; false of one that was killed. */
  readonly isStopped: boolean;
  readonly lastSignal: string | null;
  readonly status: StackStatus;
}

const STATUS_FILE = 'status.json';
const EVERY_MS = 2_000;
/** Of candles: as many as are shown. */
const CANDLES = 3;

export interface StatusKeeper {
  /** Writes the last one. */
  close(): void;
}

/** A disk that fails costs this file, and never the stack. */
export function keepStatus(
  dir: string,
  {
    clock,
    version,
    read,
  }: {
    readonly clock: Clock;
    readonly version: string;
    readonly read: () => Pick<KeptStatus, 'status' | 'lastSignal'>;
  },
): StatusKeeper {
  const startedMs = clock.now();
  const path = join(dir, STATUS_FILE);
  const write = (isStopped: boolean) => {
    try {
      const { status, lastSignal } = read();
      const kept: KeptStatus = {
        ...{ pid: process.pid, version, startedMs, writtenMs: clock.now(), isStopped, lastSignal },
        status: small(status),
      };
      writeFileSync(`${path}.new`, JSON.stringify(kept));
      renameSync(`${path}.new`, path);
    } catch {
      // The stack itself tells of its disk.
    }
  };
  write(false);
  const timer = setInterval(() => write(false), EVERY_MS);
  timer.unref();
  return {
    close() {
      clearInterval(timer);
      write(true);
    },
  };
}

/** Null where no stack has written one. */
export function readStatus(dir: string): KeptStatus | null {
  try {
    return JSON.parse(readFileSync(join(dir, STATUS_FILE), 'utf8')) as KeptStatus;
  } catch {
    return null;
  }
}

/** By the lock that its death lets go of: a number of a process may be another's by now. */
export function isRunning(dir: string): boolean {
  return isFolderLocked(join(dir, BUS));
}

/** Of hundreds of symbols the last bars would be written again and again. */
function small(status: StackStatus): StackStatus {
  const held = new Set(status.books.flatMap(({ positions }) => positions.map(({ symbol }) => symbol)));
  const lastCandles = status.lastCandles.filter(({ symbol }, i) => i < CANDLES || held.has(symbol));
  return { ...status, lastCandles };
}
