/** Short hashes by which a signal names the parameters and inputs it was computed from. */
import { z } from 'zod';
import { FeatureRow } from '../../schemas/feature-row.ts';
import { shortHash } from '../../schemas/hash.ts';
import { LevelSet } from '../../schemas/level-set.ts';
import type { SignalParams } from '../../schemas/params.ts';

/** The same for equal parameters, in whatever order they were written. */
export function paramsHash(params: SignalParams): string {
  return shortHash(canonicalJson(params));
}

/** Of the feature row and level set in wire form, i.e. of what topics and tables hold. */
export function inputsHash(row: FeatureRow, levels: LevelSet | null): string {
  return shortHash(
    canonicalJson(z.encode(FeatureRow, row)),
    canonicalJson(levels === null ? null : z.encode(LevelSet, levels)),
  );
}

/** JSON without spaces, object keys in code unit order at every depth. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
