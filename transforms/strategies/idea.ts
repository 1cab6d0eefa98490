/** What a strategy hands over when its rules hold, before risk and cost; and what all strategies share to judge it. */
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { Level, LevelRole, LevelSet, TrendLine } from '../../schemas/level-set.ts';
import type { SignalParams } from '../../schemas/params.ts';
import type { PositionSide } from '../../schemas/primitives.ts';
import type { ScalpSignal, StrategyName } from '../../schemas/scalp-signal.ts';
import { atLeast, atMost } from '../thresholds/thresholds.ts';

export interface Idea {
  readonly strategy: StrategyName;
  readonly side: PositionSide;
  readonly confidence: number;
  readonly reason: string;
  readonly conditions: ScalpSignal['entry_conditions_met'];
}

/** A strategy: every side whose rules hold on this bar. */
export type Rule = (row: FeatureRow, levels: LevelSet | null, params: SignalParams) => Idea[];

export const SIDES = ['LONG', 'SHORT'] as const satisfies readonly PositionSide[];

/** How the trend stands to a trade: `AGAINST` needs a valid line that falls for LONG, rises for SHORT. */
export type TrendStance = 'WITH' | 'RANGING' | 'AGAINST';

export function stanceOf(levels: LevelSet | null, side: PositionSide): TrendStance {
  if (levels === null || levels.trend === 'RANGING' || bearingLine(levels, side) === null) return 'RANGING';
  return (levels.trend === 'UP') === (side === 'LONG') ? 'WITH' : 'AGAINST';
}

/** The valid line that bears on the side: the one under price for LONG, over it for SHORT, else the other one. */
export function bearingLine(levels: LevelSet | null, side: PositionSide): TrendLine | null {
  if (levels === null || levels.trend === 'RANGING') return null;
  return side === 'LONG'
    ? (levels.trendlineLow ?? levels.trendlineHigh)
    : (levels.trendlineHigh ?? levels.trendlineLow);
}

/**
 * The strongest level that the bar tags for the side (supports for LONG, resistances for SHORT): its low (high) is
 * within `touchTolerance` of the level, on either side, and its close passes it by at most `wickTolerance`. Of equal
 * strength, the one nearest to that low (high), then the lower one.
 */
export function taggedLevel(
  row: FeatureRow,
  levels: LevelSet | null,
  side: PositionSide,
  params: SignalParams['levels'],
): Level | null {
  const role: LevelRole = side === 'LONG' ? 'SUPPORT' : 'RESISTANCE';
  const extreme = side === 'LONG' ? row.low : row.high;
  const sign = side === 'LONG' ? 1 : -1;
  const distance = (level: Level) => Math.abs(extreme - level.price);
  const tagged = (levels?.levels ?? []).filter(
    (level) =>
      level.role === role &&
      atMost(distance(level), params.touchTolerance * level.price) &&
      atLeast(sign * row.close, sign * level.price - params.wickTolerance * level.price),
  );
  tagged.sort((a, b) => b.strength - a.strength || distance(a) - distance(b) || a.price - b.price);
  return tagged[0] ?? null;
}

const TREND_TERM: Record<TrendStance, number> = { WITH: 1, RANGING: 0.5, AGAINST: 0 };

/**
 * Confidence 0..1 = 0.5 × evidence + 0.3 × strength of the tagged level (0 without one) + 0.2 × trend (1 with it,
 * 0.5 while ranging or unknown, 0 against), to four decimals. Evidence is 0..1: the strategy's own measure of how
 * clearly its rules hold.
 */
export function confidenceOf(evidence: number, level: Level | null, stance: TrendStance): number {
  const score = 0.5 * evidence + 0.3 * (level?.strength ?? 0) + 0.2 * TREND_TERM[stance];
  return Math.round(score * 1e4) / 1e4;
}
