/** What `cst config` does. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { ConfigError, NotFoundError } from '../../schemas/errors.ts';
import { didYouMean } from '../did-you-mean.ts';
import { type ConfigFlags, configured } from '../option-kinds.ts';
import { print } from '../print.ts';
import { settableBy } from './apply.ts';
import { keysOf, pathsOf } from './keys.ts';
import { at, entriesOf, isTree, type Layer, type Path } from './layers.ts';
import { DEFAULT, type Resolved, resolved } from './resolve.ts';
import { jsonSchemaOf, schemaOf } from './schema.ts';
import { layersOf } from './sources.ts';
import { type Typed, typedCommand } from './typed.ts';

export interface ConfigShowFlags extends ConfigFlags {
  readonly effective?: string;
  readonly set?: boolean;
  readonly json?: boolean;
}

interface Shown {
  readonly path: string;
  /** Null: there is none. */
  readonly value: unknown;
  readonly from: string;
}

/** Nobody gave it, and it has no default. */
const UNSET = 'not set';

/** @throws ConfigError where a setting is wrong; NotFoundError where there is none of that path. */
export function showConfig(program: Command, words: readonly string[], flags: ConfigShowFlags): void {
  const typed = words.length === 0 ? null : typedCommand(program, words);
  const layers = [...readLayers(program, filesOf(flags, typed)), ...(typed?.layers ?? [])];
  const all = shownOf(program, resolved(schemaOf(program), layers));
  const named =
    flags.effective === undefined ? all : all.filter(({ path }) => isWithin(path, flags.effective!));
  if (named.length === 0) throw unknownPath(flags.effective!, all);
  const shown = flags.set ? named.filter(({ from }) => from !== DEFAULT && from !== UNSET) : named;
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
  return layersOf(config, process.env, schemaOf(program));
}

/** Those that the command names are read in its stead. */
function filesOf({ config }: ConfigFlags, typed: Typed | null): ConfigFlags {
  const files = typed?.config ?? config;
  if (config && typed?.config)
    throw new ConfigError(`Expected --config of cst config show or of cst ${typed.verb}, got both.`);
  return files === undefined ? {} : { config: files };
}

/** All there is: what the stages have, the flags of commands, and what nobody gave. */
function shownOf(program: Command, { values, originOf }: Resolved<Record<string, unknown>>): Shown[] {
  const { $schema: _, ...sections } = values;
  const set = entriesOf(sections).map((path) => ({ path, value: at(sections, path) }));
  const flags = configured(program)
    .map(settableBy)
    .flatMap(({ own, dashboard }) => [...own, ...dashboard])
    .map(({ option, path }) => ({ path, value: option.defaultValue as unknown }));
  const given = new Map(
    [...flags, ...set].flatMap(({ path, value }) =>
      value === undefined ? [] : [[path.join('.'), { path, value }] as const],
    ),
  );
  const names = [...given.keys()];
  const unset = pathsOf(keysOf(schemaOf(program)))
    .map((path) => path.join('.'))
    .filter((path) => path !== '$schema' && !names.some((name) => isWithin(name, path)));
  return [
    ...[...given].map(([name, { path, value }]) => ({
      path: name,
      value: harmless(value, path),
      from: originOf(path),
    })),
    ...unset.map((path) => ({ path, value: null, from: UNSET })),
  ].toSorted((a, b) => (a.path < b.path ? -1 : 1));
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
    const text = from === UNSET ? '–' : JSON.stringify(value);
    const isSet = from !== DEFAULT && from !== UNSET;
    const origin = isSet ? from : styleText('dim', from, { stream: process.stdout });
    return `${path.padEnd(width)}  ${text.padEnd(12)}  ${origin}`;
  });
}
