/** What a market is made of, as the page is told it: bars, features, signals and what became of them. */
import { z } from 'zod';
import { Candle } from '../../schemas/candle.ts';
import { FeatureRow } from '../../schemas/feature-row.ts';
import { EXITS, REFUSALS } from '../../schemas/position-event.ts';
import { EventTime, NonNegative, Pair, Price } from '../../schemas/primitives.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';

/** A bar as a chart needs it. */
export const Bar = Candle.pick({
  symbol: true,
  interval: true,
  openTime: true,
  open: true,
  high: true,
  low: true,
  close: true,
  volume: true,
  buyVolume: true,
  trades: true,
  coverage: true,
  filled: true,
  complete: true,
  revision: true,
}).extend({ pair: Pair });
export type Bar = z.output<typeof Bar>;

/** A bar that is not closed yet: made of the trades so far. */
export const FormingBar = Bar.pick({
  interval: true,
  openTime: true,
  open: true,
  high: true,
  low: true,
  close: true,
  volume: true,
});
export type FormingBar = z.output<typeof FormingBar>;

export const Forming = z.object({
  pair: Pair,
  ts: EventTime.describe('Of the last trade in it.'),
  price: Price.describe('Of the last trade. Unit: quote per base.'),
  bars: z.array(FormingBar).describe('One of each interval, shortest first.'),
});
export type Forming = z.output<typeof Forming>;

/** One bar's features, as panes and marks need them. */
export const FeaturePoint = FeatureRow.pick({
  pair: true,
  openTime: true,
  closeTime: true,
  rsi7: true,
  rsi14: true,
  volume: true,
  volumeEma20: true,
  volumeRatio: true,
  bookImbalance60s: true,
  bookImbalance10s: true,
  divergence: true,
  checksLong: true,
  checksShort: true,
  voided: true,
  suppressions: true,
  revision: true,
});
export type FeaturePoint = z.output<typeof FeaturePoint>;

const Fill = z.object({
  ts: EventTime,
  price: Price.nullable().describe('Unit: quote per base. Null where nothing was filled.'),
  size: NonNegative.nullable().describe('Unit: base.'),
});

/** What became of a signal in one book of the desk. */
export const Outcome = z.object({
  book: z.string(),
  state: z
    .enum(['REFUSED', 'ACCEPTED', 'OPEN', 'CLOSED'])
    .describe('ACCEPTED: its entry is not filled yet; CLOSED also of an entry that never was.'),
  refusal: z.enum(REFUSALS).nullable(),
  reason: z.string().describe('Why, in a sentence: of the newest event.'),
  halved: z.boolean(),
  entry: Fill.nullable(),
  exit: Fill.extend({
    how: z.enum(EXITS),
    pnl: z.number().nullable().describe('Net. Unit: quote.'),
  }).nullable(),
});
export type Outcome = z.output<typeof Outcome>;

/** A signal in a list; its inspector is `/api/signals/ID`. As an event it comes again, whole, when an outcome changes. */
export const SignalItem = ScalpSignal.pick({
  id: true,
  strategy: true,
  variant: true,
  pair: true,
  side: true,
  entry: true,
  tp: true,
  sl: true,
  timestamp: true,
  confidence: true,
  exhaustion_checks: true,
  signal_reason: true,
}).extend({ outcomes: z.array(Outcome).describe('By book; empty while no book has decided.') });
export type SignalItem = z.output<typeof SignalItem>;
