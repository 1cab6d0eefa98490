/** One trade as a row of history: what a trade batch is taken apart into. */
import { z } from 'zod';
import { EventTime } from './primitives.ts';
import { Trade } from './trade.ts';

export const Tick = z.object({
  id: z.string().describe('venue:symbol:tradeId.'),
  ...Trade.shape,
  ts: EventTime.describe('Exchange time of the match.'),
});
export type Tick = z.output<typeof Tick>;

/** The row of a trade; its id is the trade's identity. */
export function tickOf(trade: Trade): Tick {
  return { id: `${trade.venue}:${trade.symbol}:${trade.tradeId}`, ...trade };
}
