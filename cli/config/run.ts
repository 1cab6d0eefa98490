/** What `cst config` does. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { ConfigError, NotFoundError } from '../../schemas/errors.ts';
import { ruleLayers } from '../backtest/settings.ts';
import { didYouMean } from '../did-you-mean.ts';
import { type ConfigFlags, configured } from '../option-kinds.ts';
import { paramsLayer } from '../params-file.ts';
import { stackLayer } from '../stack-config.ts';
import { settableBy } from './apply.ts';
import { keysOf } from './keys.ts';
import { at, entriesOf, isTree, type Layer, type Path } from './layers.ts';
import { DEFAULT, type Resolved, resolved } from './resolve.ts';
import { isNumeric, jsonSchemaOf, schemaOf } from './schema.ts';
import { layersOf } from './sources.ts';

export interface ConfigShowFlags extends ConfigFlags {
  readonly effective?: string;
  readonly set?: boolean;
  readonly json?: boolean;
}

interface Shown {
  readonly path: string;
  readonly value: unknown;
  readonly from: string;
}

/** @throws ConfigError where a setting is wrong; NotFoundError where there is none of that path. */
export function showConfig(program: Command, words: readonly string[], flags: ConfigShowFlags): void {
  const layers = [...readLayers(program, flags), ...flagLayers(program, words)];
  const all = shownOf(program, resolved(schemaOf(program), layers));
  const named =
    flags.effective === undefined ? all : all.filter(({ path }) => isWithin(path, flags.effective!));
  if (named.length === 0) throw unknownPath(flags.effective!, all);
  const shown = flags.set ? named.filter(({ from }) => from !== DEFAULT) : named;
  if (flags.json) print(JSON.stringify(Object.fromEntries(shown.map(({ path, ...told }) => [path, told]))));
  else if (shown.length === 0) print('All settings are defaults.');
  else for (const line of linesOf(shown)) print(line);
}

/** @throws ConfigError */
export function checkConfig(program: Command, flags: ConfigShowFlags): void {
  const layers = readLayers(program, flags);
  resolved(schemaOf(program), layers);
  const from = layers.map(({ origin }) => origin);
  if (flags.json) print(JSON.stringify({ ok: true, from }));
  else print(from.length > 0 ? `All well: ${from.join(', ')}.` : 'All well: nothing is set but defaults.');
}

export function printSchema(program: Command): void {
  print(JSON.stringify(jsonSchemaOf(program), null, 2));
}

function readLayers(program: Command, { config }: ConfigFlags): Layer[] {
  return layersOf(config, process.env, keysOf(schemaOf(program)));
}

/** Of a command as it would be typed. @throws ConfigError where it is none, or reads no settings. */
function flagLayers(program: Command, [name, ...words]: readonly string[]): Layer[] {
  if (name === undefined) return [];
  const commands = configured(program);
  const command = commands.find((known) => known.name() === name);
  if (command === undefined) {
    const known = commands.map((each) => each.name());
    const near = didYouMean(name, known) || ` Known: ${known.join(', ')}.`;
    throw new ConfigError(`Expected a command that reads settings, got "${name}".${near}`);
  }
  const { unknown } = command.parseOptions(words as string[]);
  if (unknown.length > 0) throw new ConfigError(`Expected flags of cst ${name}, got "${unknown[0]}".`);
  const { params, desk, macro, assumptions } = command.opts();
  const typed = settableBy(command).filter(
    ({ option }) => command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  return [
    ...(name === 'start' || name === 'run'
      ? [...paramsLayer(params), ...stackLayer(desk)]
      : ruleLayers({ params, desk, macro, assumptions })),
    ...typed.map(({ option, path: [section = '', key = ''] }) => {
      const word: unknown = command.getOptionValue(option.attributeName());
      const value = isNumeric(option) ? Number(word) : word;
      return { origin: option.long ?? option.flags, values: { [section]: { [key]: value } } };
    }),
  ];
}

/** All there is: what the stages have, and the flags of commands that have a value. */
function shownOf(program: Command, { values, originOf }: Resolved<Record<string, unknown>>): Shown[] {
  const { $schema: _, ...sections } = values;
  const set = entriesOf(sections).map((path) => ({ path, value: at(sections, path) }));
  const flags = configured(program).flatMap((command) =>
    settableBy(command).map(({ option, path }) => ({ path, value: option.defaultValue as unknown })),
  );
  const all = new Map([...flags, ...set].map(({ path, value }) => [path.join('.'), { path, value }]));
  return [...all]
    .filter(([, { value }]) => value !== undefined)
    .map(([name, { path, value }]) => ({ path: name, value: harmless(value, path), from: originOf(path) }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** What may be a secret that went astray is not shown. */
function harmless(value: unknown, path: Path): unknown {
  if (/key|secret|token|password/i.test(path.at(-1) ?? '')) return '(hidden)';
  if (Array.isArray(value)) return value.map((entry) => harmless(entry, path));
  if (isTree(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, harmless(child, [...path, key])]),
    );
  }
  return typeof value === 'string' ? value.replace(/(?<=:\/\/)[^/@]*@/, '(hidden)@') : value;
}

function isWithin(path: string, named: string): boolean {
  return path === named || path.startsWith(`${named}.`);
}

function unknownPath(path: string, all: readonly Shown[]): NotFoundError {
  const known = all.flatMap((shown) =>
    shown.path.split('.').map((_, i, keys) => keys.slice(0, i + 1).join('.')),
  );
  return new NotFoundError(`Expected a setting, got "${path}".${didYouMean(path, [...new Set(known)])}`);
}

function linesOf(shown: readonly Shown[]): string[] {
  const width = Math.max(...shown.map(({ path }) => path.length));
  return shown.map(({ path, value, from }) => {
    const text = JSON.stringify(value);
    const origin = from === DEFAULT ? styleText('dim', from, { stream: process.stdout }) : from;
    return `${path.padEnd(width)}  ${text.padEnd(12)}  ${origin}`;
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
