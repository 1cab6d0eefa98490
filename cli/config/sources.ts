/** Where settings are read from: files, then the environment. Flags come last, and are not read here. */
import { existsSync } from 'node:fs';
import type { z } from 'zod';
import type { Environment } from '../../connectors/environment.ts';
import { readSmallFile } from '../../connectors/files/small-file.ts';
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import { didYouMean } from '../did-you-mean.ts';
import { type Keys, keysAt, keysOf, typesAt } from './keys.ts';
import { isTree, type Layer, type Path } from './layers.ts';

/** Of the working directory, read where it is there and no other was named. */
export const CONFIG_FILE = 'cst.json';
/** Of the functions, which have it for the graph's parameters. */
const PARAMS = 'CST_PARAMS';
const PREFIX = 'CST__';

/** @param files Left to right; `-` is stdin. @throws ConfigError naming the file or variable; no values of theirs. */
export function layersOf(
  files: readonly string[] | undefined,
  environment: Environment,
  schema: z.ZodType,
): Layer[] {
  const named = files ?? (existsSync(CONFIG_FILE) ? [CONFIG_FILE] : []);
  return [...named.map(jsonFile), ...paramsLayer(environment), ...variableLayers(environment, schema)];
}

/** @throws ConfigError as above. */
export function jsonFile(path: string): Layer {
  const origin = path === '-' ? 'stdin' : path;
  const values = jsonIn(origin, textOf(path));
  if (isTree(values)) return { origin, values };
  throw new ConfigError(`Expected ${origin} to hold an object, e.g. {"signals": {}}, got another value.`);
}

function textOf(path: string): string {
  try {
    return readSmallFile(path);
  } catch (cause) {
    throw new ConfigError(`Cannot read settings from ${path}: ${messageOf(cause)}.`, { cause });
  }
}

/** What is no JSON is not repeated: it may be what was meant for another place. */
function jsonIn(origin: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    const [place] = /(line \d+ column \d+|position \d+)/.exec(messageOf(cause)) ?? [];
    throw new ConfigError(`Expected JSON in ${origin}, got something else${place ? ` at ${place}` : ''}.`);
  }
}

function paramsLayer({ [PARAMS]: text }: Environment): Layer[] {
  return text ? [{ origin: PARAMS, values: { signals: jsonIn(PARAMS, text) } }] : [];
}

/** One layer each, in order of their names, so that the same environment always means the same. */
function variableLayers(environment: Environment, schema: z.ZodType): Layer[] {
  const given = Object.entries(environment)
    .filter(([name, text]) => name.startsWith(PREFIX) && text !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  // Most starts have none, and need not wait for the keys.
  if (given.length === 0) return [];
  const keys = keysOf(schema);
  return given.map(([name, text = '']) => {
    const path = pathOf(name, keys);
    return { origin: name, values: nested(path, jsonOrText(text, typesAt(keys, path))) };
  });
}

/** `CST__SIGNALS__MARKET__STALE_AFTER_MS`, or without the single `_`: signals.market.staleAfterMs. */
function pathOf(name: string, keys: Keys): Path {
  const path: string[] = [];
  for (const word of name.slice(PREFIX.length).split('__')) {
    const known = keysAt(keys, path);
    const found = known === null ? camelCase(word) : known.find((key) => plain(key) === plain(word));
    if (found !== undefined) path.push(found);
    else if (isIndex(word) && known?.length === 0) path.push(word);
    else throw unknownKey(name, path, camelCase(word), known ?? []);
  }
  return path;
}

function unknownKey(name: string, path: Path, word: string, known: readonly string[]): ConfigError {
  const near = didYouMean(word, known) || (known.length > 0 ? ` Known: ${known.join(', ')}.` : '');
  return new ConfigError(`Expected a setting in ${name}: there is no "${[...path, word].join('.')}".${near}`);
}

const isIndex = (word: string) => /^\d{1,3}$/.test(word);
const plain = (word: string) => word.replaceAll('_', '').toLowerCase();
const camelCase = (word: string) =>
  word.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** JSON where it is some, and of a type that the setting may have; else the text itself: 0815 may be a name. */
function jsonOrText(text: string, types: ReadonlySet<string>): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return types.has('string') && !types.has(typeOf(value)) ? text : value;
  } catch {
    return text;
  }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function nested(path: Path, value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}
