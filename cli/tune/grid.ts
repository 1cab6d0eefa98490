/** Parameters to be tried: paths into the schemas, their values, and all or some of their combinations. */
import { z } from 'zod';
import { hash32, Random } from '../../connectors/random.ts';
import { DeskConfig } from '../../schemas/desk-params.ts';
import { ConfigError } from '../../schemas/errors.ts';
import { SignalParams } from '../../schemas/params.ts';
import { didYouMean } from '../did-you-mean.ts';
import { MAX_TRIALS } from './limits.ts';

/** What a trial is made with. */
export interface TrialRules {
  readonly params: SignalParams;
  readonly desk: DeskConfig;
}

type Value = number | string | boolean;
/** Values by path, in the order of the flags. */
export type Values = Readonly<Record<string, Value>>;

export interface Axis {
  readonly path: string;
  /** What is drawn from: one of these, or anything between two numbers. */
  readonly values: readonly Value[] | { readonly from: number; readonly to: number };
}

const RANGE = /^(-?[\d.e-]+)\.\.(-?[\d.e-]+)$/i;
/** More is no search but an accident. */

/**
 * @param words `signals.srExhaustion.minChecks=2,3`, or `desk.rules.cooldownMs=0..900000` for draws; a value of one
 *   path each. @throws ConfigError naming the path, and the one that was meant.
 */
export function axesOf(words: readonly string[], base: TrialRules): Axis[] {
  const known = pathsOf(base);
  const axes = words.map((word): Axis => {
    const at = word.indexOf('=');
    const [path, text] = [word.slice(0, Math.max(0, at)), word.slice(at + 1)];
    if (at < 1 || text === '')
      throw new ConfigError(`Expected --grid as signals.srExhaustion.minChecks=2,3, got "${word}".`);
    if (!known.includes(path))
      throw new ConfigError(`There is no parameter "${path}".${hintFor(path, known)}`);
    return { path, values: valuesOf(text) };
  });
  const twice = axes.find(({ path }, i) => axes.findIndex((other) => other.path === path) !== i);
  if (twice) throw new ConfigError(`Expected each path of --grid once, got ${twice.path} twice.`);
  if (axes.length === 0)
    throw new ConfigError(
      'Expected --grid PATH=VALUES, e.g. --grid signals.srExhaustion.minChecks=2,3, got none.',
    );
  for (const { path, values } of axes)
    for (const value of Array.isArray(values) ? values : Object.values(values))
      rulesWith(base, { [path]: value });
  return axes;
}

/** As flags have them: `{"signals.risk.takeProfit": [0.004, 0.006]}`, a single value or "0.004..0.01". @throws ConfigError */
export function wordsOf(grid: unknown, file: string): string[] {
  const parsed = GridFile.safeParse(grid);
  if (!parsed.success)
    throw new ConfigError(`Expected {"PATH": [VALUES]} in ${file}, got ${z.prettifyError(parsed.error)}.`);
  return Object.entries(parsed.data).map(([path, values]) => `${path}=${[values].flat().join()}`);
}

const Scalar = z.union([z.number(), z.string(), z.boolean()]);
const GridFile = z.record(z.string(), z.union([Scalar, z.array(Scalar).min(1)]));

function hintFor(path: string, known: readonly string[]): string {
  const sameEnd = known.find(
    (name) => name.endsWith(`.${path.replace(/^[a-z]+\./i, '')}`) || name.endsWith(`.${path}`),
  );
  if (sameEnd !== undefined) return ` Did you mean "${sameEnd}"?`;
  return didYouMean(path, known) || ' They begin with "signals." or "desk.": see docs/PARAMETERS.md.';
}

function valuesOf(text: string): Axis['values'] {
  const range = RANGE.exec(text);
  if (range) return { from: Number(range[1]), to: Number(range[2]) };
  return text.split(',').map((word) => {
    const value = word.trim();
    if (value === 'true' || value === 'false') return value === 'true';
    return value !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
  });
}

/** Every combination, the last path turning fastest. @throws ConfigError where a path has a range, or there are too many. */
export function gridOf(axes: readonly Axis[]): Values[] {
  const size = axes.reduce((product, axis) => product * listOf(axis).length, 1);
  if (size > MAX_TRIALS)
    throw new ConfigError(`Expected at most ${MAX_TRIALS} trials, got ${size}. Use --random.`);
  return axes.reduce<Values[]>(
    (all, axis) => all.flatMap((known) => listOf(axis).map((value) => ({ ...known, [axis.path]: value }))),
    [{}],
  );
}

function listOf({ path, values }: Axis): readonly Value[] {
  if (Array.isArray(values)) return values;
  throw new ConfigError(`Expected values of ${path}, got a range. Draw from it with --random COUNT.`);
}

/** Draws, each with a seed of its own: more of them leave the first as they are. Copies are drawn once. */
export function drawsOf(axes: readonly Axis[], count: number, seed: number): Values[] {
  const drawn = new Map<string, Values>();
  for (let i = 0; i < count; i++) {
    const values = Object.fromEntries(
      axes.map((axis) => [axis.path, drawOf(axis, new Random(hash32(seed, i, axis.path)))]),
    );
    drawn.set(JSON.stringify(values), values);
  }
  return [...drawn.values()];
}

function drawOf({ values }: Axis, random: Random): Value {
  if (Array.isArray(values)) return values[random.whole(0, values.length - 1)] as Value;
  const { from, to } = values as { from: number; to: number };
  if (Number.isInteger(from) && Number.isInteger(to)) return random.whole(from, to);
  return Number(random.between(from, to).toPrecision(6));
}

/** @throws ConfigError where a schema refuses a value. */
export function rulesWith(base: TrialRules, values: Values): TrialRules {
  const told = {
    signals: structuredClone(z.encode(SignalParams, base.params)),
    desk: structuredClone(z.encode(DeskConfig, base.desk).books![0]!),
  };
  for (const [path, value] of Object.entries(values)) set(told, path.split('.'), value);
  const { venue } = base.desk;
  return {
    params: checked(SignalParams, told.signals, 'signals', values),
    desk: checked(DeskConfig, { venue, books: [told.desk] }, 'desk', values),
  };
}

function set(target: object, [name, ...rest]: readonly string[], value: Value): void {
  const section = target as Record<string, unknown>;
  if (rest.length === 0) section[name!] = value;
  else set(section[name!] as object, rest, value);
}

function checked<S extends z.ZodType>(schema: S, value: unknown, root: string, values: Values): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = [root, ...issue!.path.filter((name) => name !== 'books' && name !== 0)].join('.');
  throw new ConfigError(
    `Expected a value that fits ${path}, got ${JSON.stringify(values[path])}: ${issue!.message}.`,
  );
}

/** Paths of all single values. */
function pathsOf({ params, desk }: TrialRules): string[] {
  const told = { signals: z.encode(SignalParams, params), desk: z.encode(DeskConfig, desk).books![0] };
  return leaves('', told);
}

function leaves(path: string, value: unknown): string[] {
  if (Array.isArray(value)) return [];
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([name, inner]) =>
    leaves(path === '' ? name : `${path}.${name}`, inner),
  );
}
