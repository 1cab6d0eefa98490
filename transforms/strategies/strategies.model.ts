/** Oracle of the decision: the rules as they are written, in whole ticks of 0.01, level by level. */
import type { ExhaustionChecks, FeatureRow } from '../../schemas/feature-row.ts';
import type { LevelSet } from '../../schemas/level-set.ts';

const ticks = (price: number) => Math.round(price * 100);

/** `strategy side level` of every signal that should leave under the default parameters. */
export function modelDecisions(row: FeatureRow, levels: LevelSet | null): string[] {
  if (row.suppressions.length > 0) return [];
  const exhausted = row.voided ? [] : [longOf(row, levels), shortOf(row, levels)].filter((s) => s !== null);
  const diverged =
    row.divergence !== null && row.volumeSpike !== null && row.volumeSpike >= 2.5
      ? [`champion ${row.divergence === 'BULLISH' ? 'LONG' : 'SHORT'}`]
      : [];
  return [...(exhausted.length === 2 ? [] : exhausted), ...diverged];
}

function longOf(row: FeatureRow, set: LevelSet | null): string | null {
  const tagged = (set?.levels ?? []).filter(({ role, price }) => {
    const level = ticks(price);
    const touches = 10_000 * Math.abs(ticks(row.low) - level) <= 25 * level;
    const holds = 10_000 * (level - ticks(row.close)) <= 15 * level;
    return role === 'SUPPORT' && touches && holds;
  });
  const needed = set?.trend === 'DOWN' ? 3 : 2;
  if (tagged.length === 0 || counted(row.checksLong) < needed) return null;
  return `sr-exhaustion LONG ${best(tagged, row.low)}`;
}

function shortOf(row: FeatureRow, set: LevelSet | null): string | null {
  const tagged = (set?.levels ?? []).filter(({ role, price }) => {
    const level = ticks(price);
    const touches = 10_000 * Math.abs(ticks(row.high) - level) <= 25 * level;
    const holds = 10_000 * (ticks(row.close) - level) <= 15 * level;
    return role === 'RESISTANCE' && touches && holds;
  });
  const needed = set?.trend === 'UP' ? 3 : 2;
  if (tagged.length === 0 || counted(row.checksShort) < needed) return null;
  return `sr-exhaustion SHORT ${best(tagged, row.high)}`;
}

function counted(checks: ExhaustionChecks): number {
  const held = Object.values(checks).filter(Boolean).length;
  return held === 1 && checks.order_book_flip ? 0 : held;
}

function best(tagged: LevelSet['levels'], extreme: number): number {
  const strongest = Math.max(...tagged.map((l) => l.strength));
  const prices = tagged.filter((l) => l.strength === strongest).map((l) => ticks(l.price));
  const distance = Math.min(...prices.map((p) => Math.abs(p - ticks(extreme))));
  return Math.min(...prices.filter((p) => Math.abs(p - ticks(extreme)) === distance)) / 100;
}
