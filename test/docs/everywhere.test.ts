/** What the README says puts `cst` into every folder, done in the home of somebody else. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { version } from '../../cli/version.ts';
import { ENVIRONMENT } from '../engines/needs.ts';
import { ROOT, shellOf } from './shell.ts';

/** As outside the project: the Node of the machine, not the pinned one. */
const path = (ENVIRONMENT.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));

function bash(home: string, cwd: string, words: readonly string[]): string {
  const PATH = [join(home, '.local/bin'), ...path].join(delimiter);
  const env = { ...ENVIRONMENT, HOME: home, PATH };
  // An interactive shell says on stderr that it has no terminal.
  return execFileSync('bash', words, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

it('README.md puts cst into every folder, and Tab completes it', () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  const block = shellOf('README.md').find(({ text }) => text.includes('.local/bin'))!;
  bash(home, ROOT, ['-ec', block.text]);
  expect(bash(home, home, ['-c', 'cst --version'])).toBe(`${version()}\n`);
  expect(bash(home, home, ['-ic', 'complete -p cst'])).toBe('complete -F _cst cst\n');
});
