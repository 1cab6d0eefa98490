import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { TimeoutError } from '../schemas/errors.ts';
import { exitCodeOf } from './errors.ts';
import { programOf } from './program.ts';

const MAIN = resolve(import.meta.dirname, 'main.ts');

interface Verb {
  readonly name: string;
  readonly command: Command;
}

/** Those that do something: not the groups of them. */
function verbsOf(command: Command, path: readonly string[] = []): Verb[] {
  if (command.commands.length === 0) return [{ name: path.join(' '), command }];
  return command.commands.flatMap((child) => verbsOf(child, [...path, child.name()]));
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (words) => (text += words), getOutHasColors: () => false });
  command.outputHelp();
  return text;
}

/** Lines below "Examples:", continued ones joined. */
function examplesIn(help: string): string[] {
  const [, text = ''] = /\nExamples:\n((?: {2}.*\n)+)/.exec(help) ?? [];
  return text
    .replace(/ \\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line !== '');
}

/** Words of each `cst` of a line of shell, without what explains it. */
function callsIn(example: string): string[][] {
  const [line = ''] = example.trim().split(/ {2,}(?=\S)/);
  const words = line.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  const calls: string[][] = [];
  for (const word of words) {
    if (word === 'cst') calls.push([]);
    else if (['|', '||', '&&', '&', '>', '>>', ';'].includes(word)) calls.push(['STOP']);
    else if (word !== '…') calls.at(-1)?.push(word.replace(/^(["'])(.*)\1$/, '$2'));
  }
  return calls.filter(([first]) => first !== 'STOP');
}

/** What the real program makes of it, with nothing done: why it is refused, or which command would run. */
async function parsed(words: readonly string[]): Promise<string> {
  const program = programOf();
  let ran = '';
  for (const { name, command } of verbsOf(program)) {
    command.action(() => {
      ran = name;
    });
  }
  program.configureOutput({ writeOut: () => undefined });
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode !== 0) return `refused: ${error}`;
    return 'help';
  }
  return ran;
}

describe.each(verbsOf(programOf()))('cst $name', ({ name, command }) => {
  const help = helpOf(command);
  const examples = examplesIn(help);

  it('says what it does, by example, and how it ends', () => {
    expect(command.description()).toMatch(/^[A-Z].*\.$/s);
    expect(examples.length).toBeGreaterThan(0);
    expect(examples.join('\n')).toContain(`cst ${name.split(' ')[0]}`);
    expect(help).toContain('Exit codes: 0 ok · 1 error · 2 not found · 3 not running · 4 wrong flag');
  });

  it('explains each flag', () => {
    const bare = command.options.filter(({ description }) => !description).map(({ long }) => long);
    expect(bare).toEqual([]);
  });

  it('shows examples that it takes', async () => {
    const calls = examples.flatMap(callsIn).filter((words) => words[0] !== 'COMMAND');
    const results = await Promise.all(calls.map(async (words) => [words.join(' '), await parsed(words)]));
    expect(results.filter(([, result]) => result === '' || result?.startsWith('refused'))).toEqual([]);
  });
});

it('lists all verbs in groups, on one screen', () => {
  const help = helpOf(programOf());
  const headings = [...help.matchAll(/^(\w+):$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(['Options', 'Run', 'History', 'Research', 'Cloud', 'Tools', 'Examples']);
  expect(help.split('\n').length).toBeLessThanOrEqual(60);
  const list = help.slice(help.indexOf('Run:'), help.indexOf('Examples:'));
  expect(Math.max(...list.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

it('every verb can answer in JSON, or logs so', () => {
  const without = verbsOf(programOf())
    .filter(({ command }) => !/--json|one JSON object a line/.test(helpOf(command)))
    .map(({ name }) => name);
  // What they print is a file of its own form; the twin answers over HTTP.
  expect(without.toSorted()).toEqual(['completion', 'config schema', 'help', 'record', 'twin']);
});

/** Of those below that cost a second and want no network: a line of shell each, without what explains it. */
const CHEAP = /^cst (cost|init|config|completion|engine list|looker|sql \w+ --print|replay --help)/;

describe.concurrent('examples', () => {
  const lines = verbsOf(programOf()).flatMap(({ command }) =>
    examplesIn(helpOf(command)).map((line) => line.trim().split(/ {2,}/)[0]!),
  );

  it.each([...new Set(lines)].filter((line) => CHEAP.test(line)))('run: %s', async (line) => {
    const home = mkdtempSync(join(tmpdir(), 'examples-'));
    mkdirSync(join(home, '.config/fish/completions'), { recursive: true });
    for (const name of ['base', 'prod']) writeFileSync(join(home, `${name}.json`), '{}');
    // A stack runs on until it is ended, and has tests of its own.
    const script = `set -e; cst() { [ "$1" = start ] || '${process.execPath}' '${MAIN}' "$@"; }; ${line}`;
    const run = promisify(execFile)('bash', ['-c', script], {
      cwd: home,
      env: { ...process.env, HOME: home },
    });
    await expect(run).resolves.toMatchObject({ stderr: '' });
  });
});

describe('exit codes', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'exit-codes-'));
  async function cst(words: readonly string[]) {
    const child = spawn(process.execPath, [MAIN, ...words], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (bytes) => (said[name] += bytes));
    const [code] = await once(child, 'close');
    return { code, ...said };
  }

  it.concurrent.each<[number, string, RegExp]>([
    [0, '--version', /^$/],
    [0, 'config check', /^$/],
    // No machine has this address: it is for documents.
    [1, 'twin --host 203.0.113.1 --for 1', /^Error: Cannot listen on 203\.0\.113\.1:\d+: .* \(code 1\)\n$/],
    [2, 'config show --effective signals.risk.takeProfitt', /Did you mean "signals\.risk\.takeProfit"\?/],
    [2, 'logs', /^Error: Expected the log of a stack/],
    [2, 'trace', /^Error: Expected traces\.ndjson/],
    [3, 'status', /^Error: No stack runs/],
    [4, 'strat', /Did you mean start\?/],
    [4, 'start --spede 1', /Did you mean --speed\?/],
    [4, 'start --speed fast', /Expected --speed as a number/],
    [4, 'relay --venue bybitt', /Did you mean "bybit"\?/],
    [4, 'config show -- strat', /Did you mean "start"\?/],
    [4, 'config chek', /Did you mean check\?/],
  ])('%i: cst %s', async (code, words, message) => {
    const said = await cst(words.split(' '));
    expect(said.stderr).toMatch(message);
    expect(said.code).toBe(code);
  });

  it('5: what took too long', () => expect(exitCodeOf(new TimeoutError('x'))).toBe(5));
});
