/** Secrets of an environment: a variable, or the file that the variable of the same name with _FILE behind it names. */
import { ConfigError } from '../schemas/errors.ts';
import type { Environment } from './environment.ts';
import { readSmallFile } from './files/small-file.ts';
import { networkCode } from './network-code.ts';

/** As it came, or the file it is in. */
export interface Secret {
  /** Of its variable, for messages. */
  readonly name: string;
  readonly text?: string | undefined;
  readonly file?: string | undefined;
}

export type Complain = (name: string, message: string) => void;

/** Undefined where neither is there; an empty one counts as none. @param complain Told where both are. */
export function secretIn(from: Environment, name: string, complain: Complain): Secret | undefined {
  const [text, file] = [from[name] || undefined, from[`${name}_FILE`] || undefined];
  if (text !== undefined && file !== undefined) complain(name, `expected it or ${name}_FILE, got both`);
  return text === undefined && file === undefined ? undefined : { name, text, file };
}

/** Without the white space around it, which editors and `echo` leave. @throws ConfigError naming the variable. */
export function readSecret({ name, text, file }: Secret): string {
  const secret = (file === undefined ? (text ?? '') : textOf(name, file)).trim();
  if (secret === '') throw new ConfigError(`Expected a secret in ${name}, got nothing.`);
  return secret;
}

/** Found and read; undefined where there is none. @throws ConfigError naming the variable. */
export function secretOf(environment: Environment, name: string): string | undefined {
  const secret = secretIn(environment, name, (_, message) => {
    throw new ConfigError(`Settings of the environment: ${name}: ${message}.`);
  });
  return secret && readSecret(secret);
}

function textOf(name: string, file: string): string {
  try {
    return readSmallFile(file);
  } catch (cause) {
    const reason = networkCode(cause) ?? 'failed';
    throw new ConfigError(`Expected to read the secret that ${name}_FILE names, got: ${reason} for ${file}.`);
  }
}
