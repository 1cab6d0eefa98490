/** Parameters from a JSON file of overrides; what it leaves out keeps its default. */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { ConfigError, messageOf } from '../schemas/errors.ts';
import { DEFAULT_PARAMS, SignalParams } from '../schemas/params.ts';
import { didYouMean } from './did-you-mean.ts';

/** @throws ConfigError naming the file, and each setting that is wrong. */
export function readParams(path: string): SignalParams {
  const parsed = SignalParams.safeParse(readJson(path));
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    `Expected parameters in ${path}: ${parsed.error.issues.map(issueText).join(' ')} See docs/PARAMETERS.md.`,
  );
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new ConfigError(`Cannot read parameters from ${path}: ${messageOf(cause)}.`, { cause });
  }
}

function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return `${issue.path.join('.') || 'the file'}: ${issue.message}.`;
  const known = Object.keys(at(issue.path));
  const prefix = issue.path.length > 0 ? `${issue.path.join('.')}.` : '';
  return issue.keys
    .map((key) => `there is no "${prefix}${key}".${didYouMean(key, known) || ` Known: ${known.join(', ')}.`}`)
    .join(' ');
}

/** The section of the parameters that a path leads to. */
function at(path: readonly PropertyKey[]): object {
  let section: unknown = DEFAULT_PARAMS;
  for (const key of path) section = (section as Record<PropertyKey, unknown>)[key];
  return section as object;
}
