/** `--universe`: the first so many by turnover. */
import { UniverseOptions } from '../schemas/universe-options.ts';

/** @param asked The default size where left out. */
export function universeOptionsOf(asked: number | undefined): UniverseOptions {
  const usual = UniverseOptions.parse({});
  const size = asked ?? usual.size;
  return UniverseOptions.parse({ size, margin: Math.min(usual.margin, size - 1) });
}
