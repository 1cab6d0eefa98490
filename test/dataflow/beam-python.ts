/** Beam's Python SDK in a folder of the user's cache: found, or made by pip by package name. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { TestContext } from 'vitest';

/** The release whose translation our job is held against; see USER_AGENT in pipelines/runners/dataflow/job.ts. */
const PACKAGE = 'apache-beam[gcp]==2.77.0';
const INSTALL_MS = 540_000;

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const FOLDER = join(cache, 'crypto-signal-tracker', 'beam-python-2.77.0');
/** Written last: an install that was cut short is made again. */
const DONE = join(FOLDER, 'complete');

/** A Python that has Beam: CST_BEAM_PYTHON, or ours. Skips the calling test where there is none; in CI it fails. */
export function needBeamPython(context: Pick<TestContext, 'skip'>): string {
  const given = process.env.CST_BEAM_PYTHON;
  if (given) return given;
  const python = join(FOLDER, 'bin', 'python');
  if (existsSync(DONE)) return python;
  const failure = install(python);
  if (failure === null) return python;
  const reason = `needs Beam's Python SDK: ${failure} (Python 3.10 to 3.14 with venv, or CST_BEAM_PYTHON)`;
  if (process.env.CI) throw new Error(reason);
  return context.skip(reason);
}

/** Null where it went well, else what did not. */
function install(python: string): string | null {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const made = run('python3', ['-m', 'venv', FOLDER]) ?? run(python, ['-m', 'pip', 'install', '-q', PACKAGE]);
  if (made === null) writeFileSync(DONE, '');
  return made;
}

function run(command: string, args: readonly string[]): string | null {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: INSTALL_MS });
  if (status === 0) return null;
  return `${command} ${args.join(' ')}: ${error?.message ?? stderr.trim().slice(-500)}`;
}

/** Runs a script that may start our Node by name; its last words where it fails. */
export function runPython(python: string, args: readonly string[]): void {
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  const { status, stderr, error } = spawnSync(python, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH },
  });
  if (status !== 0) throw new Error(`${args[0]} failed: ${error?.message ?? stderr.slice(-2_000)}`);
}
