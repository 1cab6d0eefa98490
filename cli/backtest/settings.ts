/** Rules of a backtest from files of overrides, and the variants that are tried side by side. */
import { BacktestAssumptions, DEFAULT_ASSUMPTIONS } from '../../schemas/backtest-assumptions.ts';
import { DeskConfig } from '../../schemas/desk-params.ts';
import { ConfigError } from '../../schemas/errors.ts';
import { DEFAULT_MACRO_PARAMS, MacroParams } from '../../schemas/macro-params.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import type { Venue } from '../../schemas/primitives.ts';
import { readParams, readSettings } from '../params-file.ts';
import type { Rules } from './options.ts';

export interface RuleFlags {
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

function rulesOf({ params, desk, macro, assumptions }: RuleFlags, venue: Venue): Rules {
  const config = DeskConfig.parse({ venue });
  return {
    params: params === undefined ? DEFAULT_PARAMS : readParams(params),
    desk: desk === undefined ? config : onPaper(desk, readSettings(desk, DeskConfig, config), venue),
    macro:
      macro === undefined ? DEFAULT_MACRO_PARAMS : readSettings(macro, MacroParams, DEFAULT_MACRO_PARAMS),
    assumptions:
      assumptions === undefined
        ? DEFAULT_ASSUMPTIONS
        : readSettings(assumptions, BacktestAssumptions, DEFAULT_ASSUMPTIONS),
  };
}

/** A desk of another venue would pass over every price, and orders of a real account are filled by nobody here. */
function onPaper(path: string, config: DeskConfig, venue: Venue): DeskConfig {
  if (config.venue !== venue)
    throw new ConfigError(`Expected the desk of ${path} at ${venue}, the --venue, got ${config.venue}.`);
  const real = config.books.find(({ execution }) => execution !== 'paper');
  if (real === undefined) return config;
  throw new ConfigError(
    `Expected books of ${path} that trade on paper, got ${real.book} with execution "${real.execution}". Leave it out: history fills no orders.`,
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
