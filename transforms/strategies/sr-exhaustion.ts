/** sr-exhaustion: price tags a level and the side that drove it there shows exhaustion. LONG at support, SHORT at resistance. */
import type { ExhaustionCheck, ExhaustionChecks, FeatureRow } from '../../schemas/feature-row.ts';
import type { Level, LevelSet } from '../../schemas/level-set.ts';
import type { SignalParams } from '../../schemas/params.ts';
import type { PositionSide } from '../../schemas/primitives.ts';
import { countChecks } from '../exhaustion/exhaustion.ts';
import { confidenceOf, type Idea, SIDES, stanceOf, taggedLevel } from './idea.ts';
import { roundPrice } from './risk.ts';

/**
 * A side holds where the bar tags a level of its role and at least `minChecks` exhaustion checks count, or
 * `minChecksAgainstTrend` against a valid trend line. A voided bar (volume of a continuation) holds nothing.
 * Evidence for confidence: share of the four checks that count.
 */
export function srExhaustion(row: FeatureRow, levels: LevelSet | null, params: SignalParams): Idea[] {
  if (row.voided) return [];
  return SIDES.map((side) => ideaFor(side, row, levels, params)).filter((idea) => idea !== null);
}

function ideaFor(
  side: PositionSide,
  row: FeatureRow,
  levels: LevelSet | null,
  params: SignalParams,
): Idea | null {
  const level = taggedLevel(row, levels, side, params.levels);
  if (level === null) return null;
  const checks = side === 'LONG' ? row.checksLong : row.checksShort;
  const stance = stanceOf(levels, side);
  const { minChecks, minChecksAgainstTrend } = params.srExhaustion;
  const needed = stance === 'AGAINST' ? minChecksAgainstTrend : minChecks;
  const held = countChecks(checks);
  if (held < needed) return null;
  const extreme = side === 'LONG' ? row.low : row.high;
  return {
    strategy: 'sr-exhaustion',
    side,
    confidence: confidenceOf(held / 4, level, stance),
    reason: reasonOf(side, row, level, checks, `${held} of 4 exhaustion checks (${needed} needed)`),
    conditions: {
      level_price: level.price,
      level_strength: level.strength,
      level_touches: level.touches,
      touch_distance: Math.abs(extreme - level.price) / level.price,
      close_beyond: ((side === 'LONG' ? 1 : -1) * (level.price - row.close)) / level.price,
      checks_held: held,
      checks_needed: needed,
      volume_ratio: row.volumeRatio,
      rsi7: row.rsi7,
      book_imbalance_60s: row.bookImbalance60s,
      book_imbalance_10s: row.bookImbalance10s,
      trend_stance: stance,
    },
  };
}

function reasonOf(
  side: PositionSide,
  row: FeatureRow,
  level: Level,
  checks: ExhaustionChecks,
  count: string,
): string {
  const [extreme, tagged] = side === 'LONG' ? ['low', 'support'] : ['high', 'resistance'];
  const price = side === 'LONG' ? row.low : row.high;
  const signs = (Object.keys(SIGNS) as ExhaustionCheck[]).filter((check) => checks[check]);
  return (
    `${side} ${row.pair}: ${extreme} ${roundPrice(price)} tagged ${tagged} ${roundPrice(level.price)} ` +
    `(${level.touches} touches, strength ${level.strength.toFixed(2)}) and the close held it; ${count}: ` +
    `${signs.map((check) => SIGNS[check](row)).join(', ')}; trend ${row.trend ?? 'unknown'}.`
  );
}

const SIGNS: Record<ExhaustionCheck, (row: FeatureRow) => string> = {
  volume_drop: (row) => `volume ${row.volumeRatio?.toFixed(2) ?? '?'} × EMA20`,
  double_wick: () => 'double wick',
  rsi_extreme: (row) => `RSI-7 ${row.rsi7?.toFixed(1) ?? '?'}`,
  order_book_flip: (row) =>
    `book flipped from ${row.bookImbalance60s?.toFixed(2) ?? '?'} to ${row.bookImbalance10s?.toFixed(2) ?? '?'}`,
};
