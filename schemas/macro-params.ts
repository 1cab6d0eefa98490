/** Every parameter of the MACRO engine: default, unit and reason in one place. Their hash goes with each swing signal. */
import { z } from 'zod';
import { HOUR_MS } from './primitives.ts';

const points = (value: number, text: string) =>
  z.number().min(0).max(100).default(value).describe(`${text} Unit: points of 100.`);
const share = (value: number, text: string) =>
  z.number().min(0).max(1).default(value).describe(`${text} Unit: share of price.`);
const ratio = (value: number, text: string) => z.number().positive().max(100).default(value).describe(text);
const bars = (value: number, text: string, least = 1) =>
  z.number().int().min(least).max(500).default(value).describe(`${text} Unit: bars.`);
const life = (value: number, text: string) =>
  z
    .number()
    .int()
    .min(15 * 60_000)
    .max(24 * HOUR_MS)
    .multipleOf(15 * 60_000)
    .default(value)
    .describe(`${text} Unit: ms, whole slots of 15 minutes.`);

const sumsTo100 = (weights: Record<string, number>) =>
  Math.abs(Object.values(weights).reduce((sum, weight) => sum + weight, 0) - 100) < 1e-9;
const SUM = 'expected points that add up to 100';

const TimeframeWeights = z
  .strictObject({
    '5m': points(10, 'Of the 5m bars: the first to turn, and mostly noise.'),
    '15m': points(20, 'Of the 15m bars: the pace of the engine itself.'),
    '1h': points(30, 'Of the 1h bars: the day’s trend.'),
    '4h': points(
      40,
      'Of the 4h bars: the week’s trend, which a swing trade lives in; without it nothing engages.',
    ),
  })
  .refine(sumsTo100, SUM);

const EvidenceWeights = z
  .strictObject({
    cross: points(35, 'EMA20 above EMA50 for LONG, below for SHORT: the trend itself.'),
    slope: points(25, 'EMA20 rises for LONG, falls for SHORT: the trend goes on.'),
    rsi: points(
      20,
      'RSI-14 on the side’s half. Cross, slope and RSI last for many bars and make 80: all timeframes agreeing on them just engage a bias.',
    ),
    volume: points(10, 'Volume spike on a bar of the side: one bar, so it confirms and never decides.'),
    pattern: points(10, 'Candlestick pattern of the side: one bar, too.'),
  })
  .refine(sumsTo100, SUM);

export const MacroParams = z.strictObject({
  timeframes: TimeframeWeights.prefault({}),
  evidence: EvidenceWeights.prefault({}),
  indicators: z
    .strictObject({
      bars: bars(200, 'Newest bars looked at: EMA50 has forgotten its seed (0.3 % left).', 54),
      minBars: bars(
        100,
        'Bars in a row, each complete, below which a timeframe is not judged: a seventh of EMA50 is then still its seed.',
        54,
      ),
      slopeBars: z
        .number()
        .int()
        .min(1)
        .max(34)
        .default(3)
        .describe('Bars over which the slope of EMA20 is taken: more than one bar’s noise. Unit: bars.'),
      minSlope: share(
        0.0001,
        'An EMA20 that moves less than this a bar is flat: a tenth of a quiet 5m bar’s range.',
      ),
      rsiLong: z
        .number()
        .min(50)
        .max(100)
        .default(55)
        .describe('RSI-14 for LONG: at least this; between the two limits it says nothing.'),
      rsiShort: z.number().min(0).max(50).default(45).describe('RSI-14 for SHORT: at most this.'),
      volumeSpike: ratio(1.5, 'Volume at least this × EMA20 of the volumes before the bar.'),
    })
    .refine(({ bars: most, minBars }) => minBars <= most, 'expected minBars of at most bars')
    .prefault({}),
  patterns: z
    .strictObject({
      wickToBody: ratio(2, 'Hammer, shooting star: the long wick is at least this × the body.'),
      otherWick: z
        .number()
        .min(0)
        .max(1)
        .default(0.1)
        .describe('Hammer, shooting star: the other wick is at most this share of the bar’s range.'),
      minRange: z
        .number()
        .min(0)
        .max(100)
        .default(1)
        .describe(
          'A pattern’s bar has a range of at least this × the ATR-14 before it: smaller ones are a tick or two of noise.',
        ),
      trendBars: z
        .number()
        .int()
        .min(1)
        .max(50)
        .default(5)
        .describe(
          'A pattern turns a move: over this many bars before it the close fell (for a bullish one) or rose. Unit: bars.',
        ),
    })
    .prefault({}),
  bias: z
    .strictObject({
      engageAt: points(80, 'Confidence from which a bias engages.'),
      liftBelow: points(
        70,
        'Confidence below which it lifts: ten points lower, so that it does not flicker.',
      ),
      expiresAfterMs: life(
        4 * HOUR_MS,
        'A bias is void this long after its confidence last reached `engageAt`: one 4h bar.',
      ),
    })
    .refine(({ liftBelow }) => liftBelow > 50, 'expected liftBelow above 50: only one side may hold')
    .refine(({ engageAt, liftBelow }) => liftBelow <= engageAt, 'expected liftBelow of at most engageAt')
    .prefault({}),
  swing: z
    .strictObject({
      takeProfitAtr: ratio(
        1,
        'Distance of TP from entry: this × ATR-14 of the 4h bars, within the two limits below.',
      ),
      takeProfitMin: share(0.01, 'Nearest TP: below it a swing is a scalp.'),
      takeProfitMax: share(0.03, 'Farthest TP: beyond it the bias has mostly expired first.'),
      stopLossShare: z
        .number()
        .positive()
        .max(10)
        .default(0.5)
        .describe('Distance of SL: this × that of TP, so that one win pays for two losses.'),
      expiresAfterMs: life(HOUR_MS, 'A swing not entered by then has missed its price.'),
    })
    .refine(
      ({ takeProfitMin, takeProfitMax }) => takeProfitMin > 0 && takeProfitMin <= takeProfitMax,
      'expected 0 < takeProfitMin <= takeProfitMax',
    )
    .prefault({}),
});
export type MacroParams = z.output<typeof MacroParams>;

export const DEFAULT_MACRO_PARAMS: MacroParams = MacroParams.parse({});
