/** Reads a secret from where the environment says it is. */
import { readFileSync } from 'node:fs';
import { networkCode } from '../connectors/network-code.ts';
import { ConfigError } from '../schemas/errors.ts';
import type { Secret } from './environment.ts';

/** Without the white space around it, which editors and `echo` leave. @throws ConfigError naming the variable. */
export function readSecret({ name, text, file }: Secret): string {
  const secret = (file === undefined ? (text ?? '') : textOf(name, file)).trim();
  if (secret === '') throw new ConfigError(`Expected a secret in ${name}, got nothing.`);
  return secret;
}

function textOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = networkCode(cause) ?? 'failed';
    throw new ConfigError(`Expected to read the secret that ${name}_FILE names, got: ${reason} for ${file}.`);
  }
}
