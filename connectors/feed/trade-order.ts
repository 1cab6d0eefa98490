/** Order of trades as the exchange made it. */
import type { TradeRow } from '../../schemas/trade-batch.ts';

/** Below 0 where `a` was first. */
export function compareTrades(a: TradeRow, b: TradeRow): number {
  return a.ts - b.ts || a.seq - b.seq;
}
