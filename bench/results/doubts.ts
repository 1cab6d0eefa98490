/** Tables of docs/RESULTS.md that look beyond the desk: signals by themselves, and what bars leave open. Pure. */
import type { BacktestTrade } from '../../cli/backtest/desk-run.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { meanOf } from '../../transforms/performance/statistics.ts';
import type { RuleMarket } from '../backtest-rule.ts';
import type { SignalEdge } from './edge.ts';
import { count, percent, signed, table } from './tables.ts';

export function signalTable(edges: readonly (readonly [string, SignalEdge])[]): string {
  const head = [
    'each signal by itself, bps',
    'signals',
    'won',
    'mean, 95 % interval',
    'the same at other times, 95 % of 1,000',
    'as good by chance',
  ];
  const rows = edges.map(([name, { signals, won, interval, chance, asGood }]) => [
    ...[name, count(signals), percent(won / signals)],
    `${signed(interval.mean)} (${signed(interval.low)} to ${signed(interval.high)})`,
    `${signed(chance.mean)} (${signed(chance.low)} to ${signed(chance.high)})`,
    percent(asGood, 1),
  ]);
  return table(head, rows);
}

/** How often bars leave open what the assumptions decide. */
export function doubts(trades: readonly BacktestTrade[], markets: readonly RuleMarket[]): string {
  const bySymbol = new Map(markets.map((market) => [market.symbol, market]));
  const barOf = ({ symbol, closedAt }: BacktestTrade) => {
    const market = bySymbol.get(symbol)!;
    return { market, i: (closedAt - market.time[0]!) / MINUTE_MS - 1 };
  };
  const stopped = trades.filter(({ exit }) => exit === 'SL');
  const spanning = stopped.filter((trade) => {
    const { market, i } = barOf(trade);
    return trade.side === 'LONG' ? market.high[i]! > trade.tp! : market.low[i]! < trade.tp!;
  });
  const gapped = stopped.filter((trade) => {
    const { market, i } = barOf(trade);
    return trade.side === 'LONG' ? market.open[i]! < trade.sl! : market.open[i]! > trade.sl!;
  });
  const jumps = markets.flatMap(({ open, close }) =>
    open.slice(1).map((price, i) => Math.abs(price / close[i]! - 1) * 1e4),
  );
  const share = (n: number) => `${n} of ${stopped.length} (${percent(n / stopped.length)})`;
  return [
    `- Stops whose bar went beyond the TP, too, so that their order decides: ${share(spanning.length)}.`,
    `- Stops that a bar opened beyond: ${share(gapped.length)}.`,
    `- From a bar’s close to the next one’s open, mean of all bars: ${meanOf(jumps).toFixed(2)} bps. Bybit’s bars open where the last one closed, so a gap through a stop cannot show in them.`,
  ].join('\n');
}
