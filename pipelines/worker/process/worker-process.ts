/** One worker as a process of its own: started, watched, ended. Pool and boot hold workers only through it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Clock } from '../../../connectors/clock/port.ts';
import { messageOf, UpstreamError } from '../../../schemas/errors.ts';
import { eachLine } from './lines.ts';

export interface WorkerExit {
  readonly id: string;
  readonly pid: number;
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** True where `stop` had been called. */
  readonly isAsked: boolean;
}

export interface WorkerProcess {
  readonly id: string;
  readonly pid: number;
  isAlive(): boolean;
  /** Resolves when the process is gone and its output is read to the end. */
  readonly exited: Promise<WorkerExit>;
  /** SIGTERM, and SIGKILL where it is still there `graceMs` later. May be called again. */
  stop(graceMs: number): Promise<WorkerExit>;
}

export interface WorkerProcessOptions {
  readonly id: string;
  /** Program and its first arguments; `args` follow. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** The whole environment; that of this process where missing. */
  readonly env?: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** A line the worker wrote to its output or error stream. */
  readonly onLine: (line: string) => void;
}

/** `.ts` from the sources, `.js` where they were built. */
const SUFFIX = extname(import.meta.filename);
const LIFELINE = pathToFileURL(join(import.meta.dirname, `lifeline${SUFFIX}`)).href;
/** Entry point of a worker. */
export const WORKER_SCRIPT = join(import.meta.dirname, `../main${SUFFIX}`);

/** Runs a script of ours under this very Node, tied to the life of its parent. */
export function nodeCommand(script: string, nodeFlags: readonly string[] = []): readonly string[] {
  return [process.execPath, ...nodeFlags, '--import', LIFELINE, script];
}

/** @throws UpstreamError where the program cannot be started at all. */
export function startWorkerProcess(options: WorkerProcessOptions): WorkerProcess {
  const { id, clock } = options;
  const child = spawnChild(options);
  const pid = child.pid!;
  const over = new AbortController();
  let isAsked = false;
  const exited = new Promise<WorkerExit>((resolve) => {
    child.once('close', (code, signal) => {
      over.abort();
      resolve({ id, pid, code, signal, isAsked });
    });
  });
  return {
    id,
    pid,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    exited,
    stop: async (graceMs) => {
      isAsked = true;
      if (over.signal.aborted) return exited;
      signalGroup(pid, 'SIGTERM');
      await clock.until(clock.now() + graceMs, over.signal);
      if (!over.signal.aborted) signalGroup(pid, 'SIGKILL');
      return exited;
    },
  };
}

/** In a group of its own: Ctrl-C at a terminal reaches the parent alone, which then ends its workers in order. */
function spawnChild({ id, command, args, env, onLine }: WorkerProcessOptions): ChildProcess {
  const [program = '', ...first] = command;
  const refuse = (cause: unknown) =>
    new UpstreamError(
      `Expected to start worker ${id} with ${program} ${first.join(' ')}, got ${messageOf(cause)}. Check the command and the memory left.`,
      { cause },
    );
  try {
    const child = spawn(program, [...first, ...args], {
      detached: true,
      stdio: 'pipe',
      ...(env && { env }),
    });
    // Without a listener a program that is not there would end this process too.
    child.once('error', () => undefined);
    if (child.pid === undefined) throw new Error('no such program, or no right to run it');
    // The pipe is only held open; a child that dies first must not be an error here.
    child.stdin.on('error', () => undefined);
    for (const stream of [child.stdout, child.stderr]) eachLine(stream, onLine);
    return child;
  } catch (cause) {
    throw refuse(cause);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone in the meantime.
  }
}
