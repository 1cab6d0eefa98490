/** How settings are read from an environment: in pieces, whose complaints are told together. Pure. */
import { z } from 'zod';
import type { Environment } from '../connectors/environment.ts';
import { type Complain, type Secret, secretIn } from '../connectors/secret.ts';
import { ConfigError } from '../schemas/errors.ts';

type Read<T> = (environment: Environment, complain: Complain) => T;

/**
 * A piece is read as a whole; what it complains of is told together with what others do, and its value is not used then.
 */
export function piece<T>(read: Read<T>): z.ZodType<T, Environment> {
  return z
    .custom<Environment>()
    .transform((environment, context) =>
      read(environment, (name, message) =>
        context.addIssue({ code: 'custom', path: [name], message, input: null }),
      ),
    );
}

/** One variable. `expected` continues "expected …". */
export function variable<S extends z.ZodType>(
  environment: Environment,
  complain: Complain,
  [name, schema, expected]: readonly [string, S, string],
): z.output<S> {
  const { success, data } = schema.safeParse(environment[name]);
  if (!success)
    complain(
      name,
      `expected ${expected}, got ${environment[name] === undefined ? 'nothing' : 'something else'}`,
    );
  return data as z.output<S>;
}

/** `NAME`, or `NAME_FILE`, where Secret Manager mounts it. */
export function secret(name: string) {
  return piece<Secret>((from, complain) => neededSecret(from, name, complain));
}

export function neededSecret(from: Environment, name: string, complain: Complain): Secret {
  const found = secretIn(from, name, complain);
  if (found === undefined) complain(name, `expected it, or ${name}_FILE, got neither`);
  return found ?? { name };
}

/** JSON that fits the schema; nothing given is `{}`. */
export function json<S extends z.ZodType>(name: string, schema: S) {
  return piece<z.output<S>>((from, complain) => {
    const value = parsed(from[name] ?? '{}');
    if (value === undefined) complain(name, 'expected JSON, got something else');
    const { success, data, error } = schema.safeParse(value);
    if (!success && value !== undefined) complain(name, z.prettifyError(error).replaceAll('\n', ' '));
    return data as z.output<S>;
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Something that has a form of its own. */
export function value<S extends z.ZodType>(name: string, schema: S, expected: string) {
  return piece<z.output<S>>((from, complain) => variable(from, complain, [name, schema, expected]));
}

/** @throws ConfigError naming every variable that is missing or wrong; no values of theirs. An empty one counts as none. */
export function settingsOf<P extends Record<string, z.ZodType<unknown, Environment>>>(
  pieces: P,
  environment: Environment,
): { readonly [K in keyof P]: z.output<P[K]> } {
  const given = Object.fromEntries(Object.entries(environment).filter(([, text]) => text !== ''));
  const asked = Object.fromEntries(Object.keys(pieces).map((name) => [name, given]));
  const { success, data, error } = z.object(pieces).safeParse(asked);
  if (success) return data as { readonly [K in keyof P]: z.output<P[K]> };
  const wrong = error.issues.map(({ path, message }) => `${String(path.at(-1))}: ${message}.`);
  throw new ConfigError(`Settings of the environment: ${[...new Set(wrong)].join(' ')}`);
}
