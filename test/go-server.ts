/** A server of Google's, in Go, as a process of its own: built once from a module under test/, started by tests. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { threadId } from 'node:worker_threads';
import type { TestContext } from 'vitest';
import { messageOf, UpstreamError } from '../schemas/errors.ts';

const SOURCES = ['main.go', 'go.mod', 'go.sum'];
const BUILD_DEADLINE_MS = 300_000;
/** Of others' programs, which are large. */
const TOOL_DEADLINE_MS = 900_000;

export interface GoServer {
  /** `host:port`. */
  readonly address: string;
  readonly port: number;
  /** Ends the server with everything it held. Idempotent. */
  stop(): Promise<void>;
}

/** Skips the calling test and says why where there is no Go; where CI is set that is a failure instead. */
export function needGo(context: Pick<TestContext, 'skip'>): void {
  if (!wantsGo()) context.skip('needs Go on the path, to build the test server');
}

/** False where tests with a server are to be skipped: there is no Go, and CI is not set. */
export function wantsGo(): boolean {
  return Boolean(process.env.CI) || spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;
}

/** Starts the server whose Go module is in `folder`. @throws UpstreamError where it cannot be built or started. */
export async function startGoServer(folder: string, flags: readonly string[]): Promise<GoServer> {
  const child = spawn(await build(folder), flags, { stdio: ['pipe', 'pipe', 'pipe'] });
  const address = await announced(child, basename(folder));
  return {
    address,
    port: Number(address.slice(address.lastIndexOf(':') + 1)),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Path of a program of others, at the version that the module in `folder` names. @throws UpstreamError where it cannot be built. */
export function goTool(folder: string, program: string): Promise<string> {
  return build(folder, ['-trimpath', '-ldflags=-s -w', program]);
}

async function announced(child: ChildProcess, name: string): Promise<string> {
  let complaint = '';
  child.stderr?.on('data', (data) => {
    complaint = `${complaint}${data}`.slice(-2_000);
  });
  const failed = once(child, 'exit').then(() => {
    throw new UpstreamError(`Expected the test server ${name} to listen, got its end: ${complaint.trim()}`);
  });
  const [line] = await Promise.race([once(createInterface({ input: child.stdout! }), 'line'), failed]);
  failed.catch(() => {});
  return JSON.parse(line).address;
}

const building = new Map<string, Promise<string>>();

/** Path of the program, built where these sources have not been built before. */
function build(folder: string, what = ['.']): Promise<string> {
  let binary = building.get(folder);
  if (binary === undefined) {
    binary = buildOnce(folder, what);
    building.set(folder, binary);
  }
  return binary;
}

async function buildOnce(sources: string, what: readonly string[]): Promise<string> {
  const name = basename(sources);
  const hash = createHash('sha256');
  for (const source of SOURCES.map((each) => join(sources, each))) {
    if (existsSync(source)) hash.update(readFileSync(source));
  }
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'crypto-signal-tracker');
  const binary = join(folder, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  // Tests run side by side: each builds under a name of its own, the last to finish wins.
  const fresh = `${binary}-${process.pid}-${threadId}`;
  try {
    await promisify(execFile)('go', ['build', '-o', fresh, ...what], {
      cwd: sources,
      timeout: what.length > 1 ? TOOL_DEADLINE_MS : BUILD_DEADLINE_MS,
    });
  } catch (error) {
    throw new UpstreamError(`Expected to build ${name}, got: ${messageOf(error)}`);
  }
  renameSync(fresh, binary);
  return binary;
}
