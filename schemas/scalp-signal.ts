/** A scalp idea with everything needed to trade it, explain it and compute it again. */
import { z } from 'zod';
import { ExhaustionChecks } from './feature-row.ts';
import {
  EventTime,
  NonNegative,
  Pair,
  PositionSide,
  Price,
  Share,
  Venue,
  VenueSymbol,
} from './primitives.ts';

export const STRATEGIES = ['sr-exhaustion', 'champion'] as const;
export const StrategyName = z.enum(STRATEGIES);
export type StrategyName = z.output<typeof StrategyName>;

export const ScalpSignal = z.object({
  id: z.string().describe('strategy:variant:pair:side:bar close ms.'),
  type: z.literal('SCALP').describe('Kind of signal.'),
  strategy: StrategyName.describe('Strategy that had the idea.'),
  variant: z.string().min(1).describe('Name of the parameter set.'),
  venue: Venue.describe('Venue of the candles, which is where it would be executed.'),
  symbol: VenueSymbol,
  pair: Pair,
  side: PositionSide,
  entry: Price.describe('Close of the signal bar. Unit: quote per base.'),
  tp: Price.describe('Take profit. Unit: quote per base.'),
  sl: Price.describe('Stop loss. Unit: quote per base.'),
  support: z.array(Price).describe('Supports, nearest to entry first. Unit: quote per base.'),
  resistance: z.array(Price).describe('Resistances, nearest to entry first. Unit: quote per base.'),
  trend: z
    .object({
      slope: z.number().describe('Unit: quote per base per hour.'),
      intercept: z.number().describe('Value of the line at the signal bar’s close. Unit: quote per base.'),
      r2: Share.describe('Coefficient of determination of the fit.'),
    })
    .nullable()
    .describe('The trend line that bears on this side; null while ranging.'),
  timestamp: EventTime.describe('Close of the signal bar.'),
  expires_at: EventTime.describe('After this the signal must not be entered.'),
  confidence: Share.describe('0..1, from checks, level strength and trend.'),
  exhaustion_checks: ExhaustionChecks.describe('The checks for this side.'),
  signal_reason: z.string().describe('One sentence a trader can read.'),
  entry_conditions_met: z
    .record(z.string(), z.union([z.boolean(), z.number(), z.string(), z.null()]))
    .describe('Each condition with the number it was decided on.'),
  atr: NonNegative.nullable().describe('ATR(14) of 15m candles. Unit: quote per base.'),
  leverage: z.number().positive().describe('Suggested leverage, ×.'),
  params_hash: z.string().describe('SHA-256 of the parameters, first 16 hex digits.'),
  inputs_hash: z.string().describe('SHA-256 of the feature row and level set, first 16 hex digits.'),
});
export type ScalpSignal = z.output<typeof ScalpSignal>;

/** Identity of a signal: two computations of the same idea are one signal. */
export function signalId(
  s: Pick<ScalpSignal, 'strategy' | 'variant' | 'pair' | 'side' | 'timestamp'>,
): string {
  return `${s.strategy}:${s.variant}:${s.pair}:${s.side}:${s.timestamp}`;
}
