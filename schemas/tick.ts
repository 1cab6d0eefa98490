/** One trade as a row of history: what a trade batch is taken apart into. */
import { z } from 'zod';
import { EventTime } from './primitives.ts';
import { Trade } from './trade.ts';
import type { TradeBatch } from './trade-batch.ts';

export const Tick = z.object({
  id: z.string().describe('venue:symbol:tradeId.'),
  ...Trade.shape,
  ts: EventTime.describe('Exchange time of the match.'),
  side: Trade.shape.side.nullable().describe('Side of the taker. Null where the source does not tell.'),
});
export type Tick = z.output<typeof Tick>;

/** The trades of a batch as rows; a row's id is the trade's identity. */
export function ticksOf(batch: TradeBatch): Tick[] {
  const { venue, symbol } = batch.header;
  return Array.from({ length: batch.count }, (_, row) => {
    const tradeId = batch.tradeId(row);
    const side = batch.isBuy(row) ? 'BUY' : 'SELL';
    return {
      id: `${venue}:${symbol}:${tradeId}`,
      venue,
      symbol,
      tradeId,
      seq: batch.seq[row]!,
      ts: batch.ts[row]!,
      price: batch.price(row),
      size: batch.size(row),
      side: batch.hasSides ? side : null,
    };
  });
}
