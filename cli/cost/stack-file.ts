/** The settings of a stack as Pulumi keeps them: `cst:NAME` and `gcp:NAME` of a YAML file. */
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { readSmallFile } from '../../connectors/files/small-file.ts';
import { type Config, configOf, STAGES } from '../../infra/pulumi/config.ts';
import { ConfigError, messageOf } from '../../schemas/errors.ts';

const FOLDER = join(import.meta.dirname, '../../infra/pulumi');
const StackFile = z.object({ config: z.record(z.string(), z.unknown()).default({}) });
/** Whose settings are ours to read. */
const OURS = /^(cst|gcp):/;

export function stackFileOf(stack: string): string {
  if (/^[\w.-]+$/.test(stack)) return join(FOLDER, `Pulumi.${stack}.yaml`);
  throw new ConfigError(`Expected --stack as the name of a stack, e.g. dev, got "${stack}".`);
}

/** `changes` hold before what the file says. @throws ConfigError naming the file, or the settings that are wrong. */
export function readStack(path: string, changes: Readonly<Record<string, unknown>>): Config {
  const told = Object.entries(settingsIn(path)).filter(([name]) => OURS.test(name));
  const settings = Object.fromEntries(
    told.map(([name, value]) => [name.slice(name.indexOf(':') + 1), value]),
  );
  const stage = STAGES.find((each) => path.endsWith(`Pulumi.${each}.yaml`));
  return configOf({ ...(stage && { stage }), ...settings, ...changes });
}

function settingsIn(path: string): Record<string, unknown> {
  try {
    return StackFile.parse(parse(readSmallFile(path))).config;
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new ConfigError(`Cannot read the settings of a stack from ${path}: ${why}.`, { cause });
  }
}
