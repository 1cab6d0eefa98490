/** One bar of one instrument, in one of its revisions. */
import { z } from 'zod';
import {
  EventTime,
  INTERVAL_MS,
  Interval,
  NonNegative,
  Price,
  Share,
  Venue,
  VenueSymbol,
} from './primitives.ts';

/**
 * A bar `[openTime, openTime + interval)`.
 *
 * `revision` counts the distinct facts behind the bar (trades, healthy seconds, and for a filled bar those of
 * the bars it was filled from). It grows with every late fact, is the same for the same facts in whatever order,
 * grouping or number of copies they came, and is not consecutive. Consumers keep the highest.
 * A 1m bar with trades counts from 1,000,000 on, so that a late trade outranks the filled bar it undoes.
 */
export const Candle = z.object({
  id: z.string().describe('venue:symbol:interval:openTime ms:revision. Same id, same content.'),
  venue: Venue,
  symbol: VenueSymbol,
  interval: Interval,
  openTime: EventTime.describe('First instant of the bar.'),
  open: Price.describe('Price of the first trade by (ts, seq). Unit: quote per base.'),
  high: Price.describe('Highest price. Unit: quote per base.'),
  low: Price.describe('Lowest price. Unit: quote per base.'),
  close: Price.describe('Price of the last trade by (ts, seq). Unit: quote per base.'),
  volume: NonNegative.describe('Sum of sizes. Unit: base.'),
  turnover: NonNegative.nullable().describe(
    'Sum of price × size. Unit: quote. Null where the bar came without it.',
  ),
  buyVolume: NonNegative.nullable().describe(
    'Sum of sizes whose taker bought. Unit: base. Null where unknown.',
  ),
  trades: z
    .number()
    .int()
    .nonnegative()
    .nullable()
    .describe('Number of distinct trades. Null where unknown.'),
  vwap: Price.nullable().describe(
    'turnover / volume. Unit: quote per base. Null without volume, or unknown.',
  ),
  coverage: Share.describe('Share of the bar’s seconds in which the feed was healthy.'),
  filled: z.boolean().describe('True where no trade fell into the bar: O=H=L=C = last close, volume 0.'),
  complete: z.boolean().describe('coverage = 1 and no unresolved gap: the bar holds every trade there was.'),
  revision: z
    .number()
    .int()
    .nonnegative()
    .describe('Count of distinct facts behind the bar; the highest is the best.'),
});
export type Candle = z.output<typeof Candle>;

/** End of the bar, the first instant that is not of it: when it closes. Unit: ms. */
export function closeTime({ openTime, interval }: Pick<Candle, 'openTime' | 'interval'>): number {
  return openTime + INTERVAL_MS[interval];
}

/** Identity of a candle's content. */
export function candleId(c: Pick<Candle, 'venue' | 'symbol' | 'interval' | 'openTime' | 'revision'>): string {
  return `${c.venue}:${c.symbol}:${c.interval}:${c.openTime}:${c.revision}`;
}
