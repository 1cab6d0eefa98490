/** One trade as the exchange reported it. Trades travel in batches: see trade-batch.ts. */
import { z } from 'zod';
import { NonNegative, Price, TakerSide, Venue, VenueSymbol } from './primitives.ts';

/**
 * `tradeId` is the identity (unique within venue and symbol; two copies of one id are one trade and carry one `ts`).
 * `seq` orders trades of the same millisecond as the exchange did; it never decreases along a stream.
 */
export const Trade = z.object({
  venue: Venue,
  symbol: VenueSymbol,
  tradeId: z.string().min(1).max(128).describe("The venue's id of the trade."),
  seq: z.number().int().nonnegative().describe('Order within one millisecond, as on the exchange.'),
  ts: z.number().int().nonnegative().describe('Exchange time of the match. Unit: ms since the epoch, UTC.'),
  price: Price.describe('Unit: quote per base.'),
  size: NonNegative.gt(0).describe('Unit: base.'),
  side: TakerSide,
});
export type Trade = z.output<typeof Trade>;
