/** Google's in-memory Pub/Sub (`pstest`, over real gRPC) as a process of its own: built once, started by tests. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { threadId } from 'node:worker_threads';
import type { TestContext } from 'vitest';
import { messageOf, UpstreamError } from '../../schemas/errors.ts';

const SOURCES = ['main.go', 'go.mod', 'go.sum'];
const DEADLINE_MS = 30_000;

export interface PstestOptions {
  /** 0 (the default) for any that is free. */
  readonly port?: number;
  /** Shortest ack deadline that a subscription may have. Unit: s, at least 1; default 10, as the service has it. */
  readonly minAckDeadlineS?: number;
  /** Age at which the server closes a pull stream, as the service does after half an hour. Unit: ms; default never. */
  readonly streamTimeoutMs?: number;
  /** Calls answered with an error: gRPC method, the code's number, how many of the first (default all). */
  readonly failures?: readonly { readonly method: string; readonly code: number; readonly times?: number }[];
}

export interface Pstest {
  /** `host:port`, as PUBSUB_EMULATOR_HOST has it. */
  readonly address: string;
  readonly port: number;
  /** Ends the server with everything it held. Idempotent. */
  stop(): Promise<void>;
}

/** Skips the calling test and says why where there is no Go; where CI is set that is a failure instead. */
export function needGo(context: Pick<TestContext, 'skip'>): void {
  if (!wantsGo()) context.skip('needs Go on the path, to build the Pub/Sub test server');
}

/** False where tests with the server are to be skipped: there is no Go, and CI is not set. */
export function wantsGo(): boolean {
  return Boolean(process.env.CI) || spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;
}

/** Starts a server of its own, empty. @throws UpstreamError where it cannot be built or started. */
export async function startPstest(options: PstestOptions = {}): Promise<Pstest> {
  const child = spawn(await build(), flagsOf(options), { stdio: ['pipe', 'pipe', 'pipe'] });
  const address = await announced(child);
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

function flagsOf({ port = 0, minAckDeadlineS = 10, streamTimeoutMs = 0, failures = [] }: PstestOptions) {
  return [
    `-port=${port}`,
    `-min-ack-deadline=${minAckDeadlineS}s`,
    `-stream-timeout=${streamTimeoutMs}ms`,
    ...failures.map(({ method, code, times }) => `-fail=${[method, code, times ?? []].flat().join(':')}`),
  ];
}

async function announced(child: ChildProcess): Promise<string> {
  let complaint = '';
  child.stderr?.on('data', (data) => {
    complaint = `${complaint}${data}`.slice(-2_000);
  });
  const failed = once(child, 'exit').then(() => {
    throw new UpstreamError(`Expected the Pub/Sub test server to listen, got its end: ${complaint.trim()}`);
  });
  const [line] = await Promise.race([once(createInterface({ input: child.stdout! }), 'line'), failed]);
  failed.catch(() => {});
  return JSON.parse(line).address;
}

let building: Promise<string> | undefined;

/** Path of the server, built where these sources have not been built before. */
function build(): Promise<string> {
  building ??= buildOnce();
  return building;
}

async function buildOnce(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of SOURCES) hash.update(readFileSync(join(import.meta.dirname, name)));
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'crypto-signal-tracker');
  const binary = join(folder, `pstest-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  // Tests run side by side: each builds under a name of its own, the last to finish wins.
  const fresh = `${binary}-${process.pid}-${threadId}`;
  try {
    await promisify(execFile)('go', ['build', '-o', fresh, '.'], {
      cwd: import.meta.dirname,
      timeout: 10 * DEADLINE_MS,
    });
  } catch (error) {
    throw new UpstreamError(`Expected to build the Pub/Sub test server, got: ${messageOf(error)}`);
  }
  renameSync(fresh, binary);
  return binary;
}
