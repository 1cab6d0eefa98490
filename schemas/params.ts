/** Every parameter of the signal graph: default, unit and reason in one place. A variant overrides any of them. */
import { z } from 'zod';

const share = (value: number, text: string) => z.number().min(0).max(10).default(value).describe(text);
const count = (value: number, text: string) => z.number().int().positive().default(value).describe(text);
const ms = (value: number, text: string) =>
  z.number().int().nonnegative().default(value).describe(`${text} Unit: ms.`);

export const MarketParams = z.strictObject({
  allowedDisorderMs: z
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .default(2_000)
    .describe(
      'How far behind the newest event a trade may come and still be on time; each bar closes this much later. Unit: ms.',
    ),
  allowedLatenessMs: z
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .multipleOf(60_000)
    .default(600_000)
    .describe(
      'How long after its close a bar is still revised by a late trade; later ones are dropped and counted. Whole minutes, because it also bounds how far back a filled bar looks for its price. Unit: ms.',
    ),
  staleAfterMs: ms(
    60_000,
    'A bar whose last trade is older than this at its close is stale: nobody traded at the price it shows.',
  ),
  divergenceMax: share(
    0.005,
    'Largest difference between Bybit and Kraken, less the running basis, that is still one market. Unit: share of price.',
  ),
  basisMinutes: z
    .number()
    .int()
    .min(2)
    .max(60)
    .default(60)
    .describe(
      'Minutes the running basis is the median of: long enough to ignore one odd bar, short enough to follow funding. Unit: 1m bars.',
    ),
});

export const LevelParams = z.strictObject({
  pivotBars: count(2, 'Bars on each side that a pivot must exceed (k). Unit: 15m bars.'),
  touchTolerance: share(0.0025, 'How near high or low must come to count as a touch. Unit: share of price.'),
  wickTolerance: share(
    0.0015,
    'How far a close may pass the level before it counts as broken. Unit: share of price.',
  ),
  minTouches: count(3, 'Visits that make a level; two are chance.'),
  recentHours: count(
    8,
    'Span in which half of the visits must lie, so that the level is still watched. Unit: h.',
  ),
  mergeDistance: share(0.005, 'Levels nearer than this merge into the stronger. Unit: share of price.'),
  minCandles: z
    .number()
    .int()
    .min(5)
    .max(120)
    .default(48)
    .describe(
      '15m candles needed before levels are trusted: 12 h, longer than the recent span. Unit: 15m bars.',
    ),
  profileBuckets: count(50, 'Buckets of the volume profile between lowest low and highest high.'),
});

export const TrendParams = z.strictObject({
  pivotBars: count(2, 'Bars on each side that a swing must exceed. Unit: 1h bars.'),
  minR2: share(0.7, 'Fit below which there is no line: choppy markets have none.'),
  minSwings: count(5, 'Swing points a line must have.'),
});

export const ExhaustionParams = z.strictObject({
  volumeDropBelow: share(0.75, 'volume_drop: volume below this × EMA20(volume) (m).'),
  voidAbove: share(1.5, 'A bar above this × EMA20(volume) is continuation and voids the set-up.'),
  wickShare: share(
    0.6,
    'double_wick: rejecting wick at least this share of the range (w). 10 % holds almost always and tells nothing.',
  ),
  wickExtremesWithin: share(
    0.0005,
    'double_wick: the two extremes lie this near to each other (e). Unit: share of price.',
  ),
  rsiHigh: z.number().min(50).max(100).default(80).describe('rsi_extreme for SHORT: RSI-7 above this.'),
  rsiLow: z.number().min(0).max(50).default(20).describe('rsi_extreme for LONG: RSI-7 below this.'),
  bookTheta: share(0.2, 'order_book_flip: imbalance beyond this on either side of the flip (θ).'),
  bookDepthShift: share(
    0.25,
    'order_book_flip: share of the opposing depth that left, or as much that joined ours.',
  ),
  warmupBars: z
    .number()
    .int()
    .min(21)
    .max(180)
    .default(120)
    .describe(
      '1m bars needed before features are trusted: RSI-7 and EMA20 have forgotten their start by then. Unit: 1m bars.',
    ),
});

export const SrExhaustionParams = z.strictObject({
  minChecks: z.number().int().min(1).max(4).default(2).describe('Exhaustion checks needed.'),
  minChecksAgainstTrend: z
    .number()
    .int()
    .min(1)
    .max(4)
    .default(3)
    .describe('Checks needed against a valid trend line.'),
});

export const ChampionParams = z.strictObject({
  divergenceBars: z
    .number()
    .int()
    .min(3)
    .max(60)
    .default(14)
    .describe('Bars over which price and RSI are compared. Unit: 1m bars.'),
  rsiHigh: z.number().min(50).max(100).default(70).describe('Bearish divergence needs RSI-14 beyond this.'),
  rsiLow: z.number().min(0).max(50).default(30).describe('Bullish divergence needs RSI-14 beyond this.'),
  volumeSpike: share(2.5, 'Volume at least this × the mean of the 20 bars before.'),
});

export const RiskParams = z.strictObject({
  takeProfit: share(0.005, 'Distance of TP from entry. Unit: share of price.'),
  stopLoss: share(0.005, 'Distance of SL from entry. Unit: share of price.'),
  stopLossHighAtr: share(0.0075, 'Distance of SL while volatility is high. Unit: share of price.'),
  leverage: z.number().positive().max(100).default(10).describe('Suggested leverage. Unit: ×.'),
  leverageHighAtr: z
    .number()
    .positive()
    .max(100)
    .default(5)
    .describe('Suggested leverage while volatility is high. Unit: ×.'),
  highAtrRatio: share(2, 'ATR(14, 15m) above this × its 20-day mean is high volatility.'),
  expiresAfterMs: ms(300_000, 'A signal not entered by then has missed its moment.'),
  entryBand: share(
    0.001,
    'A signal is void once price leaves entry by more than this. Unit: share of price.',
  ),
  makerFee: share(0.0002, 'Fee of a limit fill. Unit: share of notional.'),
  takerFee: share(0.0006, 'Fee of a market fill. Unit: share of notional.'),
  expectedSlippage: share(0.0005, 'Expected slippage of entry and exit together. Unit: share of price.'),
  expectedFunding: share(
    0.0001,
    'Funding assumed for the holding time where the rate is unknown. Unit: share of notional.',
  ),
});

export const SignalParams = z.strictObject({
  variant: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[A-Za-z0-9._-]+$/, 'expected letters, digits, ".", "_" and "-" only')
    .default('default')
    .describe('Name of this parameter set; part of each signal id.'),
  market: MarketParams.prefault({}),
  levels: LevelParams.prefault({}),
  trend: TrendParams.prefault({}),
  exhaustion: ExhaustionParams.prefault({}),
  srExhaustion: SrExhaustionParams.prefault({}),
  champion: ChampionParams.prefault({}),
  risk: RiskParams.prefault({}),
});
export type SignalParams = z.output<typeof SignalParams>;

export const DEFAULT_PARAMS: SignalParams = SignalParams.parse({});
