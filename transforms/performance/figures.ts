/** What a set of closed trades comes to. */

/** Amounts in quote; null where nothing can be said. */
export interface Figures {
  readonly trades: number;
  readonly wins: number;
  readonly winRate: number | null;
  readonly net: number;
  /** Gains over losses; null without a loss. */
  readonly profitFactor: number | null;
  /** Mean net result of a trade. */
  readonly expectancy: number | null;
  readonly averageWin: number | null;
  readonly averageLoss: number | null;
}

/** @param nets Net result of each trade. A trade that earns nothing has not won. Unit: quote. */
export function figuresOf(nets: readonly number[]): Figures {
  const won = nets.filter((net) => net > 0);
  const lost = nets.filter((net) => net <= 0);
  const [gains, losses, net] = [sum(won), sum(lost), sum(nets)];
  const mean = (total: number, count: number) => (count === 0 ? null : total / count);
  return {
    trades: nets.length,
    wins: won.length,
    net,
    winRate: mean(won.length, nets.length),
    profitFactor: losses === 0 ? null : gains / -losses,
    expectancy: mean(net, nets.length),
    averageWin: mean(gains, won.length),
    averageLoss: mean(losses, lost.length),
  };
}

/** By a name, the best net result first. */
export function figuresBy<T extends { readonly net: number }>(
  trades: readonly T[],
  name: (trade: T) => string,
): [string, Figures][] {
  return [...Map.groupBy(trades, name)]
    .map(([key, group]): [string, Figures] => [key, figuresOf(group.map(({ net }) => net))])
    .sort(([a, x], [b, y]) => y.net - x.net || (a < b ? -1 : 1));
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
