/** An idea that passed its rules, as the signal that traders and the desk receive. */
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { LevelSet } from '../../schemas/level-set.ts';
import type { SignalParams } from '../../schemas/params.ts';
import { INTERVAL_MS, type PositionSide } from '../../schemas/primitives.ts';
import { type ScalpSignal, signalId } from '../../schemas/scalp-signal.ts';
import { nearestFirst } from '../features/join.ts';
import { inputsHash, paramsHash } from './hashes.ts';
import { bearingLine, type Idea } from './idea.ts';
import { bracketOf, costsOf, isHighAtr } from './risk.ts';

/** Entry is the bar's close; everything else follows from row, levels and parameters, so that it can be computed again. */
export function signalOf(
  idea: Idea,
  row: FeatureRow,
  levels: LevelSet | null,
  params: SignalParams,
): ScalpSignal {
  const { strategy, side } = idea;
  const known = levels?.levels ?? [];
  const highAtr = isHighAtr(row.atr, row.atrBaseline, params.risk);
  const identity = { strategy, variant: params.variant, pair: row.pair, side, timestamp: row.closeTime };
  return {
    id: signalId(identity),
    type: 'SCALP',
    ...identity,
    venue: row.venue,
    symbol: row.symbol,
    entry: row.close,
    ...bracketOf(row.close, side, highAtr, params.risk),
    support: nearestFirst(known, 'SUPPORT', row.close),
    resistance: nearestFirst(known, 'RESISTANCE', row.close),
    trend: trendAt(row.closeTime, levels, side),
    expires_at: row.closeTime + params.risk.expiresAfterMs,
    confidence: idea.confidence,
    exhaustion_checks: side === 'LONG' ? row.checksLong : row.checksShort,
    signal_reason: idea.reason,
    entry_conditions_met: {
      ...idea.conditions,
      high_atr: highAtr,
      tp_distance: params.risk.takeProfit,
      expected_costs: costsOf(params.risk),
    },
    atr: row.atr,
    params_hash: paramsHash(params),
    inputs_hash: inputsHash(row, levels),
  };
}

/** The bearing line with its value carried on to `time`. */
function trendAt(time: number, levels: LevelSet | null, side: PositionSide): ScalpSignal['trend'] {
  const line = bearingLine(levels, side);
  if (line === null) return null;
  const hours = (time - line.anchor) / INTERVAL_MS['1h'];
  return { slope: line.slope, intercept: line.intercept + line.slope * hours, r2: line.r2 };
}
