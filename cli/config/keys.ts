/** Which keys there are, section by section: from the JSON schema. Pure. */
import { z } from 'zod';
import type { Path } from './layers.ts';

/** A JSON schema, of which only this is looked at. */
export interface Keys {
  readonly type?: string;
  readonly anyOf?: readonly Keys[];
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
    const below = childOf(keys, key);
    if (below !== undefined) return keysAt(below, rest);
    return keys.properties === undefined && keys.additionalProperties ? null : [];
  }
  if (keys.properties !== undefined) return Object.keys(keys.properties);
  return keys.additionalProperties ? null : [];
}

/** Paths of all that can be set, those within lists left out. */
export function pathsOf(keys: Keys, path: Path = []): Path[] {
  const below = Object.entries(keys.properties ?? {});
  return below.length === 0 ? [path] : below.flatMap(([key, child]) => pathsOf(child, [...path, key]));
}

/** Types that a value may have there, by the names of JSON schema; none where any will do. */
export function typesAt(keys: Keys, path: Path): ReadonlySet<string> {
  const found = schemasAt(keys, path).flatMap((schema) => schema.type ?? []);
  return new Set(found.flatMap((type) => (type === 'integer' ? ['integer', 'number'] : [type])));
}

function schemasAt(keys: Keys, [key, ...rest]: Path): Keys[] {
  const either = (keys.anyOf ?? []).flatMap((each) =>
    schemasAt(each, key === undefined ? [] : [key, ...rest]),
  );
  if (key === undefined) return [keys, ...either];
  const below = childOf(keys, key);
  return below === undefined ? either : schemasAt(below, rest);
}

/** Of an object by its name, of a list by its number. */
function childOf({ properties, items }: Keys, key: string): Keys | undefined {
  return properties?.[key] ?? (/^\d+$/.test(key) ? items : undefined);
}
