/** Trades from REST with the very seq the socket gives them. */
import type { z } from 'zod';
import type { TradeRow } from '../../../schemas/trade-batch.ts';
import type { TradesResult } from './rest-wire.ts';
import { fillOf, SequenceRuns, tradeRow } from './trades.ts';

type RestTrade = z.output<typeof TradesResult>['list'][number];

/**
 * Oldest first. Where the list is as long as was asked for, the fills of its oldest exchange seq are left out: earlier
 * ones of that order may be missing, and with them the places of these. Null where one is not a trade of the symbol.
 */
export function recentTrades(list: readonly RestTrade[], symbol: string, limit: number): TradeRow[] | null {
  const fills = list.map((trade) => fillOf(wireOf(trade), symbol)).reverse();
  if (!fills.every((fill) => fill !== null)) return null;
  // A stable sort: fills of one seq stay in the order in which they were matched.
  fills.sort((a, b) => a.seq - b.seq);
  const cut = list.length >= limit ? fills[0]?.seq : undefined;
  const runs = new SequenceRuns();
  return fills.filter(({ seq }) => seq !== cut).map((fill) => tradeRow(symbol, fill, runs));
}

/** Of trades in order, those from the known one on; where it is not among them, those not older than it. */
export function tradesFrom(trades: readonly TradeRow[], from: TradeRow | number): readonly TradeRow[] {
  const known = typeof from === 'number' ? -1 : trades.findIndex(({ tradeId }) => tradeId === from.tradeId);
  if (known >= 0) return trades.slice(known);
  const fromMs = typeof from === 'number' ? from : from.ts;
  return trades.filter(({ ts }) => ts >= fromMs);
}

/** As the socket writes it. */
function wireOf({ execId, symbol, price, size, side, time, seq }: RestTrade): object {
  return { T: Number(time), s: symbol, S: side, v: size, p: price, i: execId, seq: Number(seq) };
}
