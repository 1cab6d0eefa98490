/** What the graph knew of one pair when one 1m bar closed: the row every signal is decided on and explained by. */
import { z } from 'zod';
import { EventTime, NonNegative, Pair, Price, Share, Venue, VenueSymbol } from './primitives.ts';

/** The four exhaustion checks, for the side that would be traded. */
export const ExhaustionChecks = z.object({
  volume_drop: z.boolean().describe('Volume fell below its share of EMA20(volume).'),
  double_wick: z.boolean().describe('Two of the last three bars rejected the same extreme.'),
  rsi_extreme: z.boolean().describe('RSI-7 beyond its extreme for this side.'),
  order_book_flip: z.boolean().describe('The book leaned against the trade, then flipped to it.'),
});
export type ExhaustionChecks = z.output<typeof ExhaustionChecks>;
export type ExhaustionCheck = keyof ExhaustionChecks;

/** Reasons for which no signal may leave on a bar. */
export const SUPPRESSIONS = ['INCOMPLETE', 'DIVERGED', 'STALE', 'WARM_UP'] as const;
export const Suppression = z.enum(SUPPRESSIONS);
export type Suppression = z.output<typeof Suppression>;

export const FeatureRow = z.object({
  id: z.string().describe('venue:symbol:openTime ms:revision.'),
  venue: Venue,
  symbol: VenueSymbol,
  pair: Pair,
  openTime: EventTime.describe('Open of the 1m bar.'),
  closeTime: EventTime.describe('Close of the 1m bar; the features were known then.'),
  open: Price.describe('Unit: quote per base.'),
  high: Price.describe('Unit: quote per base.'),
  low: Price.describe('Unit: quote per base.'),
  close: Price.describe('Unit: quote per base.'),
  volume: NonNegative.describe('Unit: base.'),
  rsi7: z
    .number()
    .min(0)
    .max(100)
    .nullable()
    .describe('Wilder RSI(7) of closes. Null in warm-up, or where price never moved.'),
  rsi14: z
    .number()
    .min(0)
    .max(100)
    .nullable()
    .describe('Wilder RSI(14) of closes. Null in warm-up, or where price never moved.'),
  volumeEma20: NonNegative.nullable().describe(
    'EMA(20) of volume up to the bar before. Unit: base. Null in warm-up.',
  ),
  volumeRatio: NonNegative.nullable().describe(
    'volume / volumeEma20. Null in warm-up, or where the EMA is 0.',
  ),
  volumeSpike: NonNegative.nullable().describe(
    'volume / mean of the 20 bars before it. Null in warm-up, or where it is 0.',
  ),
  bookImbalance60s: z
    .number()
    .min(-1)
    .max(1)
    .nullable()
    .describe('Mean (bid−ask)/(bid+ask) within 25 bps over the 60 s before the last 10 s.'),
  bookImbalance10s: z.number().min(-1).max(1).nullable().describe('The same over the last 10 s of the bar.'),
  divergence: z.enum(['BULLISH', 'BEARISH']).nullable().describe('RSI divergence over 14 bars, if any.'),
  checksLong: ExhaustionChecks.describe('Exhaustion of sellers: for a LONG.'),
  checksShort: ExhaustionChecks.describe('Exhaustion of buyers: for a SHORT.'),
  voided: z.boolean().describe('Volume above its limit: continuation, no exhaustion set-up holds.'),
  levelsAsOf: EventTime.nullable().describe(
    'asOf of the level set that was joined. Null where there was none.',
  ),
  nearestSupport: Price.nullable().describe('Unit: quote per base.'),
  nearestResistance: Price.nullable().describe('Unit: quote per base.'),
  trend: z
    .enum(['UP', 'DOWN', 'RANGING'])
    .nullable()
    .describe('Trend of that set. Null where there was none.'),
  atr: NonNegative.nullable().describe('ATR(14) of 15m candles. Unit: quote per base.'),
  atrBaseline: NonNegative.nullable().describe(
    'Its mean over the whole UTC days known among the 20 before. Unit: quote per base. Null while none is known.',
  ),
  priceDeviation: z
    .number()
    .nullable()
    .describe('Bybit against Kraken less the running basis, as a share. Null where not comparable.'),
  coverage: Share.describe('Coverage of the bar.'),
  suppressions: z.array(Suppression).describe('Why no signal may leave on this bar; empty when it may.'),
  revision: z
    .number()
    .int()
    .nonnegative()
    .describe('Count of facts behind the row; the highest is the best.'),
});
export type FeatureRow = z.output<typeof FeatureRow>;
