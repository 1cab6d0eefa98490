/** What a book has earned in a span of time, and how sure one may be of it. */
import { DAY_MS } from '../../schemas/primitives.ts';
import { type BootstrapOptions, bootstrapMean, type Interval } from './bootstrap.ts';
import type { ClosedTrade } from './closed-trade.ts';
import { type Drawdown, dailyReturns, equityCurve, exposureOf, maxDrawdown } from './equity.ts';
import { type Figures, figuresOf, sum } from './figures.ts';
import { deflatedSharpe, sharpeRatio, sortinoRatio, type Trials } from './ratios.ts';

/** Amounts in quote; null: not available, e.g. of too small a sample. */
export interface Performance extends Figures {
  readonly gross: number;
  readonly fees: number;
  /** As far as it is known. */
  readonly funding: number;
  readonly fundingUnknown: number;
  readonly slippageCost: number;
  /** Net result over the equity at the start. */
  readonly netReturn: number;
  readonly endEquity: number;
  readonly maxDrawdown: Drawdown;
  readonly sharpe: number | null;
  readonly sortino: number | null;
  /** Probability that the Sharpe ratio is more than the luck of the best of all trials. */
  readonly deflatedSharpe: number | null;
  /** Mean net result of a trade with its bounds of chance. */
  readonly expectancyInterval: Interval | null;
  /** Share of the time with a position open. */
  readonly exposure: number;
  readonly tradesPerPairAndDay: number | null;
}

export interface PerformanceOptions extends Pick<BootstrapOptions, 'random'> {
  /** Unit: quote. */
  readonly startEquity: number;
  /** Whole span, also where nothing was traded. Unit: ms since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Pairs that could have been traded. */
  readonly pairs: number;
  /** All that were tried to find these parameters; default: they were the only ones. */
  readonly trials?: Trials | undefined;
}

/** @param trades Of one book, by the time of their exit. */
export function performanceOf(trades: readonly ClosedTrade[], options: PerformanceOptions): Performance {
  const { startEquity, fromMs, toMs, pairs, random, trials = { count: 1, variance: 0 } } = options;
  const nets = trades.map(({ net }) => net);
  const returns = dailyReturns(startEquity, trades, fromMs, toMs);
  const figures = figuresOf(nets);
  const pairDays = pairs * ((toMs - fromMs) / DAY_MS);
  return {
    ...figures,
    gross: sum(trades.map(({ gross }) => gross)),
    fees: sum(trades.map(({ fees }) => fees)),
    funding: sum(trades.map(({ funding }) => funding)),
    fundingUnknown: trades.filter(({ isFundingKnown }) => !isFundingKnown).length,
    slippageCost: sum(trades.map(({ slippageCost }) => slippageCost)),
    netReturn: figures.net / startEquity,
    endEquity: startEquity + figures.net,
    maxDrawdown: maxDrawdown(equityCurve({ ts: fromMs, equity: startEquity }, trades)),
    sharpe: sharpeRatio(returns),
    sortino: sortinoRatio(returns),
    deflatedSharpe: deflatedSharpe(returns, trials),
    expectancyInterval: bootstrapMean(nets, { random }),
    exposure: exposureOf(trades, fromMs, toMs),
    tradesPerPairAndDay: pairDays > 0 ? trades.length / pairDays : null,
  };
}
