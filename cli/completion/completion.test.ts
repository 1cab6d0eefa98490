import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programOf } from '../program.ts';
import { levelsOf } from './model.ts';
import { type Shell, scriptOf } from './shells.ts';

const levels = levelsOf(programOf());
const folder = mkdtempSync(join(tmpdir(), 'completion-'));
writeFileSync(join(folder, 'params.json'), '{}');
mkdirSync(join(folder, 'out'));
const has = (shell: string) => spawnSync(shell, ['--version']).error === undefined;

/** What bash offers after each line, of which the last word is completed; all in one shell. */
function offered(lines: readonly string[]): string[][] {
  const asks = lines.map((line) => {
    const words = line.split(' ');
    return `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _cst; echo "\${COMPREPLY[*]}"`;
  });
  const script = `${scriptOf('bash', levels)}\n${asks.join('\n')}\n`;
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-s'], {
    input: script,
    cwd: folder,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .slice(0, lines.length)
    .map((line) => line.split(' ').filter((word) => word !== ''));
}

describe('completion', () => {
  it.skipIf(!has('bash'))('offers commands, flags, values, files and folders in bash', () => {
    const answers = offered([
      ...['cst st', 'cst config ', 'cst relay --venue k', 'cst config show --eff', 'cst start --params p'],
      ...[
        'cst start --params params.json --dir o',
        'cst completion z',
        'cst replay --out out p',
        'cst cost --tier ',
      ],
      'cst sql x',
    ]);
    expect(answers.slice(0, 4)).toEqual([
      ['start', 'status'],
      ['show', 'check', 'schema', '--help'],
      ['kraken'],
      ['--effective'],
    ]);
    expect(answers.slice(4, 9)).toEqual([['params.json'], ['out'], ['zsh'], ['params.json'], []]);
  });

  it.each<Shell>(['bash', 'zsh', 'fish'])('is a script that %s reads', (shell) => {
    const script = scriptOf(shell, levels);
    expect(script).toMatch(/^complete .*cst/m);
    for (const word of ['walk-forward', 'kraken']) expect(script).toContain(word);
    if (!has(shell)) return;
    expect(spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it('knows every command and flag of the program', () => {
    expect(levels.length).toBeGreaterThan(30);
    expect(levels.flatMap(({ flags }) => flags).every(({ name }) => /^--[a-z][a-z-]*$/.test(name))).toBe(
      true,
    );
  });
});
