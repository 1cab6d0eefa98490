/** Which keys there are, section by section: from the JSON schema. Pure. */
import { z } from 'zod';
import type { Path } from './layers.ts';

/** A JSON schema, of which only this is looked at. */
export interface Keys {
  readonly properties?: Readonly<Record<string, Keys>>;
  readonly items?: Keys;
  readonly additionalProperties?: unknown;
}

export function keysOf(schema: z.ZodType): Keys {
  return z.toJSONSchema(schema, { io: 'input' }) as Keys;
}

/** Empty below a list, whose keys are numbers, and below a value; null where any key will do. */
export function keysAt(keys: Keys, path: Path): readonly string[] | null {
  const [key, ...rest] = path;
  if (key !== undefined) {
    const below = keys.properties?.[key] ?? (/^\d+$/.test(key) ? keys.items : undefined);
    if (below !== undefined) return keysAt(below, rest);
    return keys.properties === undefined && keys.additionalProperties ? null : [];
  }
  if (keys.properties !== undefined) return Object.keys(keys.properties);
  return keys.additionalProperties ? null : [];
}
