import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { programOf } from '../program.ts';
import { levelsOf } from './model.ts';
import { SHELLS, scriptOf } from './shells.ts';
import { fileOf, isHere, offeredBy } from './typed.fixture.ts';

const levels = levelsOf(programOf());
const folder = mkdtempSync(join(tmpdir(), 'completion-'));
const FILES = ['my file.json', 'p*s.json', 'params.json'];
const FOLDERS = ['out', 'out here'];
for (const name of FILES) writeFileSync(join(folder, name), '{}');
for (const name of FOLDERS) mkdirSync(join(folder, name));

/** What is typed, and what may come of its last word. */
const OFFERED: readonly (readonly [string, readonly string[]])[] = [
  ['cst st', ['start', 'status']],
  ['cst config ', ['check', 'schema', 'show']],
  ['cst config show --eff', ['--effective']],
  ['cst relay --venue k', ['kraken']],
  ['cst relay --venue ', ['binance', 'bybit', 'kraken']],
  ['cst start --speed ', []],
  ['cst start --params pa', ['params.json']],
  ['cst start --params ', [...FILES, ...FOLDERS]],
  ['cst start --params params.json --dir ', FOLDERS],
  ['cst replay --out out ', [...FILES, ...FOLDERS]],
  ['cst replay BTCUSDT=my', ['BTCUSDT=my file.json']],
  ['cst report ', FOLDERS],
  ['cst completion z', ['zsh']],
  ['cst engine install ', ['flink', 'prism']],
  ['cst trace ', []],
  // Not the folder, which is there as well.
  ['cst start --dir=out\\ ', ['--dir=out here']],
];

/** Of a command and all below it, from the program itself. */
function flagsOf(command: Command, path = ''): (readonly [string, readonly string[]])[] {
  const own = command.options.flatMap(({ long }) => long ?? []);
  const below = command.commands.flatMap((child) => flagsOf(child, `${path} ${child.name()}`));
  return [[`cst${path} --`, [...own, '--help'].toSorted()], ...below];
}

/** Shells write a folder with its slash, or without. */
const withoutSlash = (word: string) => word.replace(/\/$/, '');

describe.each(SHELLS)('completion of %s', (shell) => {
  const script = scriptOf(shell, levels);

  it('is a script without faults', (context) => {
    if (!isHere(shell)) context.skip(`needs ${shell}`);
    expect(spawnSync(shell, ['-n', fileOf(script)], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it('offers commands, flags, choices, files and folders, and puts their names in quotes', (context) => {
    if (!isHere(shell)) context.skip(`needs ${shell}`);
    const lines = OFFERED.map(([line]) => line);
    const offers = offeredBy(shell, script, lines, folder).map((words) =>
      words
        .map(withoutSlash)
        .filter((word) => word !== '' && word !== '--help')
        .toSorted(),
    );
    expect(lines.map((line, i) => [line, offers[i]])).toEqual(
      OFFERED.map(([line, words]) => [line, words.toSorted()]),
    );
  });

  it('knows every command and flag of the program', (context) => {
    if (!isHere(shell)) context.skip(`needs ${shell}`);
    const program = programOf();
    const verbs = program.commands.map((command) => command.name()).toSorted();
    const wanted = [['cst ', verbs] as const, ...flagsOf(program)];
    const [offeredVerbs = [], ...flags] = offeredBy(
      shell,
      script,
      wanted.map(([line]) => line),
      folder,
    );
    expect(offeredVerbs.filter((word) => !word.startsWith('--'))).toEqual(verbs);
    expect(flags.map((words, i) => [wanted[i + 1]?.[0], words])).toEqual(wanted.slice(1));
  });
});
