/** The decision on one closed bar: which strategies speak, and whether what they say may leave. */
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { LevelSet } from '../../schemas/level-set.ts';
import type { SignalParams } from '../../schemas/params.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { champion } from './champion.ts';
import type { Idea, Rule } from './idea.ts';
import { coversCosts } from './risk.ts';
import { signalOf } from './signal.ts';
import { srExhaustion } from './sr-exhaustion.ts';

const RULES: readonly Rule[] = [srExhaustion, champion];

/**
 * Signals of one bar, at most one per strategy. None leaves on a suppressed bar, nor where TP does not cover costs.
 * `levels` is the set the row was joined with.
 */
export function decide(row: FeatureRow, levels: LevelSet | null, params: SignalParams): ScalpSignal[] {
  if (row.suppressions.length > 0 || !coversCosts(params.risk)) return [];
  return RULES.flatMap((rule) => oneSided(rule(row, levels, params))).map((idea) =>
    signalOf(idea, row, levels, params),
  );
}

/** LONG and SHORT on one bar contradict each other: the strategy does not know, so it says nothing. */
function oneSided(ideas: Idea[]): Idea[] {
  return ideas.length === 1 ? ideas : [];
}
