/** Values of a query's parameters: what was given, else the defaults of its header. */
import { ConfigError } from '../schemas/errors.ts';
import type { Param, ParamType, ParamValue } from './header.ts';

export type Params = Readonly<Record<string, { readonly type: ParamType; readonly value: ParamValue }>>;

/** @throws ConfigError where a value is given for a parameter that the query does not have. */
export function defaultsOf(
  params: readonly Param[],
  given: Readonly<Record<string, ParamValue>> = {},
): Params {
  const unknown = Object.keys(given).find((name) => !params.some((param) => param.name === name));
  if (unknown !== undefined) {
    const known = params.map(({ name }) => name).join(', ') || 'none';
    throw new ConfigError(`Expected a parameter of the query (${known}), got "${unknown}". Leave it out.`);
  }
  return Object.fromEntries(
    params.map(({ name, type, default: value }) => [
      name,
      { type, value: given[name] === undefined ? value : given[name] },
    ]),
  );
}
