/** champion (v5.2): RSI diverges from price on a spike of volume. LONG on bullish, SHORT on bearish divergence. */
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { LevelSet } from '../../schemas/level-set.ts';
import type { SignalParams } from '../../schemas/params.ts';
import { atLeast } from '../thresholds/thresholds.ts';
import { confidenceOf, type Idea, stanceOf, taggedLevel } from './idea.ts';

/**
 * Needs no level and is not voided by volume: a spike is what it waits for. Where the bar also tags a level of its
 * side, that raises confidence. Evidence: the spike against twice its limit, at most 1.
 */
export function champion(row: FeatureRow, levels: LevelSet | null, params: SignalParams): Idea[] {
  const { divergence, volumeSpike, rsi14 } = row;
  const limit = params.champion.volumeSpike;
  if (divergence === null || volumeSpike === null || !atLeast(volumeSpike, limit)) return [];
  const side = divergence === 'BULLISH' ? 'LONG' : 'SHORT';
  const level = taggedLevel(row, levels, side, params.levels);
  const stance = stanceOf(levels, side);
  const evidence = limit === 0 ? 1 : Math.min(1, volumeSpike / (2 * limit));
  const [extreme, strength] = side === 'LONG' ? ['lower low', 'higher'] : ['higher high', 'lower'];
  const bars = params.champion.divergenceBars;
  return [
    {
      strategy: 'champion',
      side,
      confidence: confidenceOf(evidence, level, stance),
      reason:
        `${side} ${row.pair}: price made a ${extreme} than in the ${bars} bars before while RSI-14 stayed ` +
        `${strength} at ${rsi14?.toFixed(1) ?? '?'}, on ${volumeSpike.toFixed(2)} × the mean volume of 20 bars; ` +
        `trend ${row.trend ?? 'unknown'}.`,
      conditions: {
        divergence,
        divergence_bars: bars,
        rsi14,
        volume_spike: volumeSpike,
        volume_spike_needed: limit,
        level_price: level?.price ?? null,
        level_strength: level?.strength ?? null,
        trend_stance: stance,
      },
    },
  ];
}
