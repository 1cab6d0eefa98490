/** `cst engine`: installs the engines that replays can run on besides the embedded one, and says which are there. */
import type { Command } from 'commander';
import { systemClock } from '../../connectors/clock/system.ts';
import {
  ENGINE_NAMES,
  ENGINES,
  type EngineName,
  engineFolder,
  findEngine,
} from '../../pipelines/runners/portable/engines/catalog.ts';
import { installEngine } from '../../pipelines/runners/portable/engines/install.ts';
import { ConfigError } from '../../schemas/errors.ts';
import { activity } from '../activity.ts';
import { didYouMean } from '../did-you-mean.ts';
import { choiceArgument } from '../option-kinds.ts';

const HELP = `
prism  Beam's own local engine, one program. Installing takes Go 1.26 and about a minute.
flink  Apache Flink in one JVM. Installing takes Maven and Java 11 or 17, and about a minute; running takes Java.

Each goes as a whole into $CST_ENGINES, or ~/.cache/crypto-signal-tracker/engines; remove its folder to be rid of it.
CST_PRISM=<program> or CST_FLINK_LIB=<folder of jars> name a copy that was installed by other means.

Examples:
  cst engine install            both
  cst engine install prism      one of them
  cst engine list               which version, and where
  cst replay --help             how to run on one (--runner)
`;

interface Flags {
  readonly json?: boolean;
}

export function addEngine(program: Command): void {
  const engine = program
    .command('engine')
    .summary('install the engines Prism and Flink, or list them')
    .description('Installs the Beam engines that replays can run on besides the embedded one.')
    .addHelpText('after', HELP);
  engine
    .command('install')
    .summary('install engines that are missing')
    .description('Installs engines at the versions that the tests prove. What is there already stays.')
    .addArgument(choiceArgument('[name...]', 'all where left out', ENGINE_NAMES))
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', HELP)
    .action(install);
  engine
    .command('list')
    .summary('which engines there are, and where')
    .description('Lists the engines, their versions and where they are installed.')
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', HELP)
    .action(list);
}

async function install(words: readonly string[], flags: Flags): Promise<void> {
  const names = words.length === 0 ? ENGINE_NAMES : [...new Set(words.map(engineNamed))];
  const interrupted = new AbortController();
  const abort = () => interrupted.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, abort);
  try {
    for (const name of names) await installOne(name, interrupted.signal);
  } finally {
    for (const signal of signals) process.off(signal, abort);
  }
  list(flags);
}

async function installOne(name: EngineName, signal: AbortSignal): Promise<void> {
  if (findEngine(name, process.env)) return;
  const label = `installing ${name} ${ENGINES[name].version}`;
  const shown = activity(label, systemClock, process.stderr);
  if (!process.stderr.isTTY) process.stderr.write(`${label}: about a minute\n`);
  try {
    await installEngine(name, { env: process.env, signal, onLine: shown.detail });
  } finally {
    shown.stop();
  }
}

function engineNamed(word: string): EngineName {
  const found = ENGINE_NAMES.find((name) => name === word.toLowerCase());
  if (found) return found;
  const near = didYouMean(word, ENGINE_NAMES);
  throw new ConfigError(`Expected an engine of ${ENGINE_NAMES.join(', ')}, got "${word}".${near}`);
}

function list(flags: Flags): void {
  const engines = ENGINE_NAMES.map((name) => {
    const path = findEngine(name, process.env)?.path ?? null;
    return { name, version: ENGINES[name].version, about: ENGINES[name].about, path };
  });
  if (flags.json) process.stdout.write(`${JSON.stringify({ engines })}\n`);
  else for (const engine of engines) process.stdout.write(`${lineOf(engine)}\n`);
}

function lineOf({ name, version, path }: { name: EngineName; version: string; path: string | null }): string {
  const place = path ?? `not installed: cst engine install ${name} → ${engineFolder(name, process.env)}`;
  return `${name.padEnd(6)} ${version.padEnd(17)} ${place}`;
}
