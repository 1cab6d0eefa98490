/** A BigQuery of this machine, `bqemulator` of PyPI: in a folder of the user's cache, found or made by pip, run by tests. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'vitest';
import { ENVIRONMENT } from '../engines/needs.ts';

const PACKAGES = ['bqemulator==1.4.0', 'numpy==2.4.6'];
const INSTALL_MS = 300_000;

const cache = ENVIRONMENT.XDG_CACHE_HOME || join(homedir(), '.cache');
const FOLDER = join(cache, 'crypto-signal-tracker', 'bqemulator-1.4.0');
const PYTHON = join(FOLDER, 'bin', 'python');
/** Written last: an install that was cut short is made again. */
const DONE = join(FOLDER, 'complete');

/** Why it cannot be had; undefined until it was looked for. */
let failure: string | null | undefined;

/** Skips the calling test where it cannot be had, and says why; in CI it fails instead. */
export function needBigQuery(context: Pick<TestContext, 'skip'>): void {
  if (failure === undefined) failure = existsSync(DONE) ? null : install();
  if (failure === null) return;
  const reason = `needs bqemulator: ${failure} (Python 3.11 or newer, with venv)`;
  if (ENVIRONMENT.CI) throw new Error(reason);
  context.skip(reason);
}

/** Null where it went well, else what did not. */
function install(): string | null {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const steps: readonly [string, readonly string[]][] = [
    ['python3', ['-m', 'venv', FOLDER]],
    [PYTHON, ['-m', 'pip', 'install', '-q', ...PACKAGES]],
  ];
  for (const [command, args] of steps) {
    const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: INSTALL_MS });
    if (status !== 0) return `${command} ${args.join(' ')}: ${error?.message ?? stderr.trim().slice(-500)}`;
  }
  writeFileSync(DONE, '');
  return null;
}

export interface BigQueryServer {
  readonly apiEndpoint: string;
  stop(): Promise<void>;
}

/** Empty, and gone with all it held when it is stopped. */
export async function startBigQuery(): Promise<BigQueryServer> {
  const child = spawn(PYTHON, [join(import.meta.dirname, 'server.py')], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let complaint = '';
  child.stderr.on('data', (data) => {
    complaint = `${complaint}${data}`.slice(-2_000);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{"address"')) continue;
    child.stdout.resume();
    return {
      apiEndpoint: JSON.parse(line).address,
      async stop() {
        child.kill('SIGKILL');
        await ended;
      },
    };
  }
  throw new Error(`Expected bqemulator to listen, got its end: ${complaint}`);
}
