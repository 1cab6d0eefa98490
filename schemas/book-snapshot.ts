/** The 1 Hz state of one instrument: its order book in bands, last trade, funding, and the health of its feed. */
import { z } from 'zod';
import { EventTime, NonNegative, Price, Venue, VenueSymbol } from './primitives.ts';

/** Distances from mid at which depth is accumulated. Unit: basis points. */
export const DEPTH_BANDS_BPS = [5, 10, 25, 50] as const;

const Depth = z.object({
  bps5: NonNegative.describe('Depth within 5 bps of mid. Unit: base.'),
  bps10: NonNegative.describe('Depth within 10 bps of mid. Unit: base.'),
  bps25: NonNegative.describe('Depth within 25 bps of mid. Unit: base.'),
  bps50: NonNegative.describe('Depth within 50 bps of mid. Unit: base.'),
});

/** Published each second for every symbol, also in silence and while the exchange is unreachable (`connected: false`). */
export const BookSnapshot = z.object({
  id: z.string().describe('venue:symbol:ts.'),
  venue: Venue,
  symbol: VenueSymbol,
  ts: EventTime.describe('The second this snapshot stands for.'),
  bestBid: Price.nullable().describe('Unit: quote per base. Null while no book is known.'),
  bestAsk: Price.nullable().describe('Unit: quote per base. Null while no book is known.'),
  bidDepth: Depth.describe('Cumulative bid size in bands from mid.'),
  askDepth: Depth.describe('Cumulative ask size in bands from mid.'),
  lastPrice: Price.nullable().describe('Price of the last trade known. Unit: quote per base.'),
  lastTradeTs: EventTime.nullable().describe('Exchange time of that trade.'),
  lastTradeSeq: z.number().int().nonnegative().nullable().describe('seq of that trade.'),
  fundingRate: z
    .number()
    .nullable()
    .describe('Current funding rate per funding interval. Null where unknown.'),
  nextFundingTime: EventTime.nullable().describe('When funding is next exchanged.'),
  markPrice: Price.nullable().describe('Unit: quote per base.'),
  openInterest: NonNegative.nullable().describe('Unit: base.'),
  connected: z.boolean().describe('The trade feed was connected and healthy during this second.'),
  lastTradeAgeMs: z.number().int().nonnegative().nullable().describe('Age of the last trade. Unit: ms.'),
  desyncMs: z
    .number()
    .int()
    .nonnegative()
    .describe('How long the book has been out of sync; 0 when in sync. Unit: ms.'),
  publishedTrades: z
    .number()
    .int()
    .nonnegative()
    .describe('Trades of this symbol published since the relay started.'),
});
export type BookSnapshot = z.output<typeof BookSnapshot>;
