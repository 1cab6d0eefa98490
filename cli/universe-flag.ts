/** `--universe`: the first so many by turnover. */
import { UniverseOptions } from '../schemas/universe-options.ts';
import { numberOf } from './flags.ts';
import { MAX_UNIVERSE } from './relay-flags.ts';

/** @param flag As it was typed; the default size where left out. @throws ConfigError */
export function universeOptionsOf(flag: string | undefined): UniverseOptions {
  const usual = UniverseOptions.parse({});
  const size = flag === undefined ? usual.size : Math.floor(numberOf(flag, '--universe', 1, MAX_UNIVERSE));
  return UniverseOptions.parse({ size, margin: Math.min(usual.margin, size - 1) });
}
