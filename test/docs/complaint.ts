/** Whether a command of the documents exists, with its flags: of `cst`, of npm's scripts, or of a program of others. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { queries } from '../../bq/catalog.ts';
import { programOf } from '../../cli/program.ts';
import { ROOT } from './shell.ts';

const PROGRAM = programOf();
const SCRIPTS: Record<string, string> = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts;
/** Names of queries, and of whole sets of them. */
const QUERIES = ['views', 'tests', ...queries().map(({ name }) => name)];
/** Programs of others. */
const FOREIGN = 'cd curl docker echo export gcloud git ln mkdir openssl printf pulumi read tr'.split(' ');
const isFlag = (word: string) => word.startsWith('--');

/** What is wrong with it; null where it exists. */
export function complaintOf(command: string): string | null {
  const [tool = '', ...words] = command.split(/\s+/);
  const wrong = complaintOfTool(tool, words);
  return wrong === null ? null : `${command}: ${wrong}`;
}

function complaintOfTool(tool: string, words: readonly string[]): string | null {
  if (tool === 'cst') return complaintOfCst(words);
  if (tool === 'npx' && words[0] === 'cst') return complaintOfCst(words.slice(1));
  if (tool === 'sh') return existsSync(join(ROOT, words[0] ?? '')) ? null : `no script ${words[0]}`;
  if (tool === 'npm') return complaintOfNpm(words);
  return FOREIGN.includes(tool) ? null : `unknown tool ${tool}`;
}

function complaintOfNpm([verb = '', ...rest]: readonly string[]): string | null {
  if (verb === 'ci') return null;
  const [script = '', ...args] = verb === 'run' ? rest.filter((word) => word !== '-s') : [verb, ...rest];
  if (!(script in SCRIPTS)) return `package.json has no script ${script}`;
  const given = args.slice(args.indexOf('--') + 1);
  if (script === 'cst') return complaintOfCst(given);
  if (script === 'start') return complaintOfCst(['start', ...given]);
  if (script !== 'build:images') return null;
  imagesHelp ??= spawnSync(process.execPath, [
    join(ROOT, 'infra/images/main.ts'),
    '--help',
  ]).stdout.toString();
  return unknownIn(given, imagesHelp.match(/--[\w-]+/g) ?? []);
}
let imagesHelp: string | undefined;

/** As many words name a command as there are commands of commands. */
function complaintOfCst(words: readonly string[]): string | null {
  let command: Command = PROGRAM;
  const rest = [...words];
  while (command.commands.length > 0 && rest.length > 0 && !isFlag(rest[0]!)) {
    const name = rest.shift();
    const found = command.commands.find((each) => each.name() === name);
    if (found === undefined) return `no verb ${name}`;
    command = found;
  }
  const [query = ''] = command.name() === 'sql' ? rest : [];
  if (/^[a-z_]+$/.test(query) && !QUERIES.includes(query)) return `no query ${query}`;
  const flags = [PROGRAM, command].flatMap(({ options }) => options.map(({ long }) => long ?? ''));
  return unknownIn(rest, ['--help', ...flags]);
}

function unknownIn(words: readonly string[], known: readonly string[]): string | null {
  // Behind `--` stands a command in a command.
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  const unknown = own.filter((word) => isFlag(word) && !known.includes(word.replace(/=.*/, '')));
  return unknown.length > 0 ? `no ${unknown.join(', ')}` : null;
}
