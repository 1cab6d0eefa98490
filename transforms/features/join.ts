/** Features, levels and price check of one pair and minute become the row that signals are decided on. */
import type { FeatureRow, Suppression } from '../../schemas/feature-row.ts';
import type { Level, LevelRole, LevelSet } from '../../schemas/level-set.ts';
import type { Told } from '../as-of.ts';
import type { PriceCheck } from '../price-check/price-check.ts';
import type { BarFeatures } from './features.ts';

/** Something known about one pair and minute. Any number, in any order and with older revisions, make one row. */
export type MinuteFact = (
  | { readonly kind: 'features'; readonly features: BarFeatures }
  | { readonly kind: 'price'; readonly check: PriceCheck }
  /** A copy of the set, in each minute that opens in the 15 minutes from its asOf on. */
  | { readonly kind: 'levels'; readonly levels: LevelSet }
) &
  Told;

export interface JoinedMinute {
  readonly row: FeatureRow;
  readonly levels: LevelSet | null;
}

/**
 * The row and the level set it saw; null where no features came. As of the bar: a set from after its open is not
 * looked at, and of those before, the newest asOf counts, then the highest revision.
 * `revision` is the sum of those joined.
 */
export function joinFacts(facts: Iterable<MinuteFact>): JoinedMinute | null {
  let features: BarFeatures | null = null;
  const sets: LevelSet[] = [];
  const checks: PriceCheck[] = [];
  for (const fact of facts) {
    if (fact.kind === 'levels') sets.push(fact.levels);
    else if (fact.kind === 'price') checks.push(fact.check);
    else if (features === null || fact.features.revision > features.revision) features = fact.features;
  }
  if (features === null) return null;
  const levels = levelsFor(features.openTime, sets);
  return { row: rowOf(features, levels, checkFor(features.openTime, checks)), levels };
}

function levelsFor(openTime: number, sets: readonly LevelSet[]): LevelSet | null {
  let best: LevelSet | null = null;
  for (const set of sets) {
    if (set.asOf > openTime) continue;
    const newer =
      best === null || set.asOf > best.asOf || (set.asOf === best.asOf && set.revision > best.revision);
    if (newer) best = set;
  }
  return best;
}

function checkFor(openTime: number, checks: readonly PriceCheck[]): PriceCheck | null {
  let best: PriceCheck | null = null;
  for (const check of checks) {
    if (check.openTime === openTime && check.revision > (best?.revision ?? -1)) best = check;
  }
  return best;
}

function rowOf(features: BarFeatures, levels: LevelSet | null, check: PriceCheck | null): FeatureRow {
  const { complete: _complete, stale: _stale, warmUp: _warmUp, ...known } = features;
  const revision = features.revision + (levels?.revision ?? 0) + (check?.revision ?? 0);
  return {
    id: `${known.venue}:${known.symbol}:${known.openTime}:${revision}`,
    ...known,
    levelsAsOf: levels?.asOf ?? null,
    nearestSupport: nearest(levels, 'SUPPORT', known.close),
    nearestResistance: nearest(levels, 'RESISTANCE', known.close),
    trend: levels?.trend ?? null,
    atr: levels?.atr ?? null,
    atrBaseline: levels?.atrBaseline ?? null,
    priceDeviation: check?.deviation ?? null,
    suppressions: suppressionsOf(features, check),
    revision,
  };
}

/** In the order of SUPPRESSIONS. */
function suppressionsOf(features: BarFeatures, check: PriceCheck | null): Suppression[] {
  const reasons: Suppression[] = [];
  if (!features.complete) reasons.push('INCOMPLETE');
  if (check?.diverged) reasons.push('DIVERGED');
  if (features.stale) reasons.push('STALE');
  if (features.warmUp) reasons.push('WARM_UP');
  return reasons;
}

function nearest(levels: LevelSet | null, role: LevelRole, price: number): number | null {
  return levels === null ? null : (nearestFirst(levels.levels, role, price)[0] ?? null);
}

/** Prices of the levels of a role, nearest to `price` first, the lower of two equally near. */
export function nearestFirst(levels: readonly Level[], role: LevelRole, price: number): number[] {
  return levels
    .filter((level) => level.role === role)
    .map((level) => level.price)
    .sort((a, b) => Math.abs(a - price) - Math.abs(b - price) || a - b);
}
