/** Settings that come in layers: the later one wins, value by value, and of each it is known where it came from. Pure. */

/** Objects without a prototype: a key may have any name. */
export type Tree = Record<string, unknown>;
export type Path = readonly string[];

export interface Layer {
  /** Where it is from, for people: a file, a variable, a flag. */
  readonly origin: string;
  readonly values: unknown;
}

export interface Merged {
  readonly values: Tree;
  /** Of a value, or of the nearest above or below it that was given; undefined: nobody gave one. */
  originOf(path: Path): string | undefined;
}

/** Objects merge key by key; a list replaces another, and an object of whole numbers changes single entries of one. */
export function merged(layers: readonly Layer[]): Merged {
  const values: Tree = Object.create(null);
  const origins = new Map<string, string>();
  for (const { origin, values: given } of layers) {
    for (const [key, value] of Object.entries(given ?? {})) put(values, key, value);
    for (const path of leavesOf(given)) forgetBelow(origins, path);
    for (const path of entriesOf(given)) origins.set(path.join('.'), origin);
  }
  return { values, originOf: (path) => originOf(origins, path) };
}

function put(into: Tree, key: string, value: unknown): void {
  const there = Object.hasOwn(into, key) ? into[key] : undefined;
  if (!isTree(value)) {
    into[key] = copyOf(value);
    return;
  }
  const branch = isTree(there) || Array.isArray(there) ? there : hasIndexes(value) ? [] : Object.create(null);
  for (const [name, child] of Object.entries(value)) put(branch as Tree, name, child);
  into[key] = branch;
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isTree(value)) return value;
  const copy: Tree = Object.create(null);
  for (const [key, child] of Object.entries(value)) put(copy, key, child);
  return copy;
}

/** What is replaced may have come from several places. */
function forgetBelow(origins: Map<string, string>, path: Path): void {
  const within = `${path.join('.')}.`;
  for (const name of origins.keys()) if (name.startsWith(within)) origins.delete(name);
}

function originOf(origins: ReadonlyMap<string, string>, path: Path): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const found = origins.get(path.slice(0, length).join('.'));
    if (found !== undefined) return found;
  }
  const within = `${path.join('.')}.`;
  return [...origins].findLast(([name]) => name.startsWith(within))?.[1];
}

/** Paths of values, those in lists of objects, too. */
export function entriesOf(value: unknown, path: Path = []): Path[] {
  return leavesOf(value, path).flatMap((leaf) => {
    const list = at(value, leaf.slice(path.length));
    if (!Array.isArray(list) || !list.some(isTree)) return [leaf];
    return list.flatMap((entry, i) => entriesOf(entry, [...leaf, String(i)]));
  });
}

/** Paths of what is no object; a list is one value. */
function leavesOf(value: unknown, path: Path = []): Path[] {
  if (!isTree(value)) return [path];
  return Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...path, key]));
}

export function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      found !== null && typeof found === 'object' && Object.hasOwn(found, key)
        ? (found as Tree)[key]
        : undefined,
    value,
  );
}

function hasIndexes(value: Tree): boolean {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => /^\d{1,3}$/.test(key));
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
