/** Settings from a JSON file of overrides; what it leaves out keeps its default. */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { ConfigError, messageOf } from '../schemas/errors.ts';
import { DEFAULT_PARAMS, SignalParams } from '../schemas/params.ts';
import type { Layer } from './config/layers.ts';
import { didYouMean } from './did-you-mean.ts';

/** @throws ConfigError naming the file, and each setting that is wrong. */
export function readParams(path: string): SignalParams {
  return settingsIn(path, readJson(path), SignalParams, DEFAULT_PARAMS);
}

/** Of a file that a flag names, over all that was set elsewhere. @throws ConfigError as above. */
export function paramsLayer(path: string | undefined): Layer[] {
  return fileLayer(path, SignalParams, DEFAULT_PARAMS, (signals) => ({ signals }));
}

/** None where no file is named. @param place Puts it where its settings are. @throws ConfigError as above. */
export function fileLayer<S extends z.ZodType>(
  path: string | undefined,
  schema: S,
  defaults: z.output<S>,
  place: (json: unknown) => unknown,
): Layer[] {
  if (path === undefined) return [];
  const json = readJson(path);
  settingsIn(path, json, schema, defaults);
  return [{ origin: path, values: place(json) }];
}

/** @param defaults What an empty file gives: names that exist. */
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
