/** From layers to settings that are right, each with where it came from. */
import type { z } from 'zod';
import { brokerConfig } from '../../connectors/broker/config.ts';
import { ConfigError } from '../../schemas/errors.ts';
import { didYouMean } from '../did-you-mean.ts';
import { keysAt, keysOf } from './keys.ts';
import { at, type Layer, type Merged, merged } from './layers.ts';
import { Settings } from './schema.ts';

export const DEFAULT = 'default';

export interface Resolved<T> {
  readonly values: T;
  /** `default` where nobody gave it. */
  originOf(path: readonly string[]): string;
}

/** @throws ConfigError naming each setting that is wrong, and where it is from; never its value. */
export function resolved<S extends z.ZodType>(schema: S, layers: readonly Layer[]): Resolved<z.output<S>> {
  const given = merged(layers);
  // Says first what a key of an account has to do here.
  if (given.values.broker !== undefined) brokerConfig(given.values.broker);
  const { success, data, error } = schema.safeParse(given.values);
  if (success) return { values: data, originOf: (path) => given.originOf(path) ?? DEFAULT };
  const problems = error.issues.flatMap((issue) => problemsOf(issue, given, schema));
  throw new ConfigError(
    `Expected settings as cst config schema tells them: ${problems.join(' ')} See docs/PARAMETERS.md.`,
  );
}

/** What the stages have, of a command's layers; sections of other commands are no matter here. */
export function settingsOf(layers: readonly Layer[] = []): Resolved<Settings> {
  return resolved(Settings.loose() as unknown as typeof Settings, layers);
}

function problemsOf(issue: z.core.$ZodIssue, given: Merged, schema: z.ZodType): string[] {
  const path = issue.path.map(String);
  const from = (of: readonly string[]) => {
    const origin = given.originOf(of);
    return origin === undefined ? '' : ` (${origin})`;
  };
  if (issue.code !== 'unrecognized_keys') return [`${path.join('.')}${from(path)}: ${issue.message}.`];
  const known = keysAt(keysOf(schema), path) ?? [];
  const isSection = at(given.values, path) !== undefined && known.length > 0;
  return issue.keys.map((key) => {
    const hint = didYouMean(key, known) || (isSection ? ` Known: ${known.join(', ')}.` : '');
    return `there is no "${[...path, key].join('.')}"${from([...path, key])}.${hint}`;
  });
}
