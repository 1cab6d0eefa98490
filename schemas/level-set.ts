/** Support, resistance and trend lines of one pair, as known at one 15m close. */
import { z } from 'zod';
import { EventTime, NonNegative, Pair, Price, Share, Venue, VenueSymbol } from './primitives.ts';

export const LEVEL_ROLES = ['SUPPORT', 'RESISTANCE'] as const;
export const LevelRole = z.enum(LEVEL_ROLES);
export type LevelRole = z.output<typeof LevelRole>;

export const CONFLUENCES = ['SWING_1H', 'TREND_LINE', 'POINT_OF_CONTROL', 'ROUND_NUMBER'] as const;

export const Level = z.object({
  price: Price.describe('Unit: quote per base.'),
  role: LevelRole.describe('What the level is now; a broken and respected level has flipped.'),
  strength: Share.describe('Weighted touches, recency, volume at touches and confluence; 1 is strongest.'),
  touches: z.number().int().positive().describe("Visits since the level's pivot, the pivot's own bar first."),
  recentTouches: z.number().int().nonnegative().describe('Visits in the last 8 h.'),
  firstTouch: EventTime.describe("Open time of the first visiting bar, the pivot's own."),
  lastTouch: EventTime.describe('Open time of the last visiting bar.'),
  volume: NonNegative.describe('Volume of the visiting bars. Unit: base.'),
  flipped: z.boolean().describe('True where the level was broken and then respected from the other side.'),
  confluence: z.array(z.enum(CONFLUENCES)).describe('What else stands at this price.'),
});
export type Level = z.output<typeof Level>;

export const TrendLine = z.object({
  slope: z.number().describe('Unit: quote per base per hour.'),
  intercept: z.number().describe('Value of the line at `anchor`. Unit: quote per base.'),
  anchor: EventTime.describe('Time the intercept belongs to: the close the line was computed at.'),
  r2: Share.describe('Coefficient of determination of the fit.'),
  swings: z.number().int().nonnegative().describe('Swing points on the line.'),
  lookback: z.number().int().positive().describe('1h candles looked back over.'),
});
export type TrendLine = z.output<typeof TrendLine>;

export const TREND_DIRECTIONS = ['UP', 'DOWN', 'RANGING'] as const;

export const LevelSet = z.object({
  id: z.string().describe('pair:asOf ms:revision.'),
  venue: Venue.describe('Venue whose candles the levels were read from.'),
  symbol: VenueSymbol,
  pair: Pair,
  asOf: EventTime.describe(
    'Close of the last 15m bar looked at; the set holds for bars that open at or after it.',
  ),
  levels: z.array(Level).describe('Strongest first.'),
  trendlineHigh: TrendLine.nullable().describe('Through swing highs; null where no line qualifies.'),
  trendlineLow: TrendLine.nullable().describe('Through swing lows; null where no line qualifies.'),
  trend: z.enum(TREND_DIRECTIONS).describe('Direction the qualified lines agree on; RANGING otherwise.'),
  pointOfControl: Price.nullable().describe('Price of the most traded volume bucket. Unit: quote per base.'),
  atr: NonNegative.nullable().describe('ATR(14) of the 15m candles. Unit: quote per base. Null in warm-up.'),
  atrBaseline: NonNegative.nullable().describe(
    'Mean of that ATR over the whole UTC days known among the 20 before. Null while none is known.',
  ),
  candles: z.number().int().nonnegative().describe('15m candles looked at, 120 when warm.'),
  complete: z.boolean().describe('Every candle looked at was complete.'),
  revision: z
    .number()
    .int()
    .nonnegative()
    .describe('Count of facts behind the set; the highest is the best.'),
});
export type LevelSet = z.output<typeof LevelSet>;
