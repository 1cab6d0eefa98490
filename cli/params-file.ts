/** Settings from a JSON file of overrides; what it leaves out keeps its default. */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { ConfigError, messageOf } from '../schemas/errors.ts';
import { DEFAULT_PARAMS, SignalParams } from '../schemas/params.ts';
import { didYouMean } from './did-you-mean.ts';

/** @throws ConfigError naming the file, and each setting that is wrong. */
export function readParams(path: string): SignalParams {
  return readSettings(path, SignalParams, DEFAULT_PARAMS);
}

/** Of the file, else of `CST_PARAMS`, JSON as the functions have theirs in it. @throws ConfigError as above. */
export function paramsOf(
  path: string | undefined,
  { CST_PARAMS: text }: Readonly<Record<string, string | undefined>>,
): SignalParams {
  if (path !== undefined) return readParams(path);
  if (text === undefined || text === '') return DEFAULT_PARAMS;
  return settingsIn('CST_PARAMS', jsonOf('CST_PARAMS', text), SignalParams, DEFAULT_PARAMS);
}

/** @param defaults What an empty file gives: names that exist. @throws ConfigError as above. */
export function readSettings<S extends z.ZodType>(
  path: string,
  schema: S,
  defaults: z.output<S>,
): z.output<S> {
  return settingsIn(path, readJson(path), schema, defaults);
}

function settingsIn<S extends z.ZodType>(
  where: string,
  json: unknown,
  schema: S,
  defaults: z.output<S>,
): z.output<S> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => issueText(issue, defaults));
  throw new ConfigError(`Expected parameters in ${where}: ${issues.join(' ')} See docs/PARAMETERS.md.`);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new ConfigError(`Cannot read parameters from ${path}: ${messageOf(cause)}.`, { cause });
  }
}

/** What is no JSON is not told: it may hold what was meant for another variable. */
function jsonOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigError(`Expected ${name} as JSON, e.g. {"market":{}}, got something else.`);
  }
}

function issueText(issue: z.core.$ZodIssue, defaults: unknown): string {
  if (issue.code !== 'unrecognized_keys') return `${issue.path.join('.') || 'the file'}: ${issue.message}.`;
  const known = Object.keys(at(issue.path, defaults));
  const prefix = issue.path.length > 0 ? `${issue.path.join('.')}.` : '';
  return issue.keys
    .map((key) => `there is no "${prefix}${key}".${didYouMean(key, known) || ` Known: ${known.join(', ')}.`}`)
    .join(' ');
}

/** The section that a path leads to; of a list its first entry, which all are like. */
function at(path: readonly PropertyKey[], defaults: unknown): object {
  let section = defaults;
  for (const key of path) {
    const name = Array.isArray(section) ? 0 : key;
    section = (section as Record<PropertyKey, unknown> | undefined)?.[name];
  }
  return (section ?? {}) as object;
}
