/** Rules of a backtest from files of overrides, and the variants that are tried side by side. */
import type { DeskConfig } from '../../schemas/desk-params.ts';
import { ConfigError } from '../../schemas/errors.ts';
import type { Venue } from '../../schemas/primitives.ts';
import { settingsFor } from '../config/files.ts';
import { DEFAULT, type Resolved } from '../config/resolve.ts';
import type { Settings } from '../config/schema.ts';
import type { ConfigFlags } from '../option-kinds.ts';
import type { Rules } from './options.ts';

export interface RuleFlags extends ConfigFlags {
  readonly params?: string;
  readonly desk?: string;
  readonly macro?: string;
  readonly assumptions?: string;
  readonly variant?: readonly string[];
}

/** Its own graph, desk and folder. */
export interface Variant extends Rules {
  /** Null: there is but one, and its files are in the folder itself. */
  readonly name: string | null;
}

/** It names a folder within that of the results. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;

/** Without `--variant` one; with it one for each, of its own files, and of the common ones where it names none. @throws ConfigError */
export function variantsOf(flags: RuleFlags, venue: Venue): Variant[] {
  const common = rulesOf(flags, venue);
  if (!flags.variant || flags.variant.length === 0) return [{ name: null, ...common }];
  const variants = flags.variant.map((word) => {
    const { name, params, desk } = filesOf(word);
    const own = rulesOf({ ...flags, ...(params && { params }), ...(desk && { desk }) }, venue);
    return { name, ...own, params: { ...own.params, variant: name } };
  });
  // Some disks do not tell small letters from large ones.
  const folders = variants.map(({ name }) => name.toLowerCase());
  const twice = variants.find((_, i) => folders.indexOf(folders[i]!) !== i);
  if (twice) throw new ConfigError(`Expected each --variant once, got ${twice.name} twice.`);
  return variants;
}

function rulesOf(flags: RuleFlags, venue: Venue): Rules {
  const settings = settingsFor(flags);
  const { signals, ...values } = settings.values;
  return {
    params: signals,
    macro: values.macro,
    assumptions: values.assumptions,
    desk: onPaper(settings, venue),
  };
}

/** A desk of another venue would pass over every price, and orders of a real account are filled by nobody here. */
function onPaper({ values: { desk }, originOf }: Resolved<Settings>, venue: Venue): DeskConfig {
  const from = originOf(['desk', 'venue']);
  if (from !== DEFAULT && desk.venue !== venue)
    throw new ConfigError(`Expected the desk of ${from} at ${venue}, the --venue, got ${desk.venue}.`);
  const real = desk.books.find(({ execution }) => execution !== 'paper');
  if (real === undefined) return { ...desk, venue };
  throw new ConfigError(
    `Expected books of ${originOf(['desk', 'books'])} that trade on paper, got ${real.book} with execution "${real.execution}". Leave it out: history fills no orders.`,
  );
}

/** `NAME:PARAMS` or `NAME:PARAMS,DESK`; either file may be left empty. */
function filesOf(word: string): { name: string; params: string | undefined; desk: string | undefined } {
  const at = word.indexOf(':');
  const name = word.slice(0, Math.max(0, at));
  const [params = '', desk = '', ...more] = word.slice(at + 1).split(',');
  if (!NAME.test(name) || more.length > 0 || (params === '' && desk === '')) {
    throw new ConfigError(
      `Expected --variant as NAME:PARAMS.json, NAME:PARAMS.json,DESK.json or NAME:,DESK.json, got "${word}".`,
    );
  }
  return { name, params: params || undefined, desk: desk || undefined };
}
