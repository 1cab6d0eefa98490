/** The slow engine's view of a pair: a bias that filters scalps, and swing ideas. */
import { z } from 'zod';
import { EventTime, Pair, PositionSide, Price } from './primitives.ts';

const Confidence = z.object({
  long: z.number().min(0).max(100).describe('Weighted evidence for LONG, 0–100.'),
  short: z.number().min(0).max(100).describe('Weighted evidence for SHORT, 0–100.'),
});

export const MacroBias = z.object({
  id: z.string().describe('pair:slot ms.'),
  pair: Pair,
  timestamp: EventTime.describe('The 15-minute slot the bias was computed for.'),
  bias: PositionSide.nullable().describe('Engaged at ≥ 80, lifted below 70; null while neither holds.'),
  confidence: Confidence.describe('Weighted evidence for each side.'),
  expires_at: EventTime.describe('The bias is void from this instant on.'),
  reasons: z.array(z.string()).describe('Evidence, strongest first.'),
});
export type MacroBias = z.output<typeof MacroBias>;

export const SwingSignal = z.object({
  id: z.string().describe('pair:side:slot ms.'),
  type: z.literal('SWING').describe('Kind of signal.'),
  pair: Pair,
  side: PositionSide,
  entry: Price.describe('Unit: quote per base.'),
  tp: Price.describe('Unit: quote per base.'),
  sl: Price.describe('Unit: quote per base.'),
  timestamp: EventTime.describe('Slot the signal was computed for.'),
  expires_at: EventTime.describe('After this the signal must not be entered.'),
  confidence: Confidence.describe('Weighted evidence for each side.'),
  signal_reason: z.string().describe('One sentence a trader can read.'),
  params_hash: z.string().describe('Hash of all MACRO parameters.'),
});
export type SwingSignal = z.output<typeof SwingSignal>;
