/** Criteria of the 7-day plan, and what a book made of them. A strategy that fails them has been told so: no defect. Pure. */

import { dailyReturns } from '../../transforms/performance/equity.ts';
import type { Performance } from '../../transforms/performance/performance.ts';
import { meanOf } from '../../transforms/performance/statistics.ts';
import type { BacktestTrade } from '../backtest/desk-run.ts';

export type Verdict = 'PASS' | 'FAIL' | 'N/A';

export interface Criterion {
  readonly name: string;
  readonly wanted: string;
  readonly got: string;
  readonly verdict: Verdict;
}

/** With fewer trades a win rate is off by 18 percentage points and more by chance alone: nothing is said. */
export const MIN_TRADES = 30;

export interface Judged {
  readonly performance: Performance;
  readonly trades: readonly BacktestTrade[];
  readonly startEquity: number;
  readonly range: { readonly fromMs: number; readonly toMs: number };
}

export function criteriaOf({ performance: p, trades, startEquity, range }: Judged): Criterion[] {
  const isEnough = p.trades >= MIN_TRADES;
  const sampled = (value: number | null) => (isEnough ? value : null);
  const days = dailyReturns(startEquity, trades, range.fromMs, range.toMs);
  const perTrade = trades.map(({ net, entry, size }) => net / (entry * size));
  // Without a loss there is no factor, and nothing to fail by.
  const profitFactor = p.profitFactor ?? (p.wins > 0 ? Number.POSITIVE_INFINITY : null);
  return [
    { name: 'Win rate', wanted: '> 60 %', ...above(sampled(p.winRate), 0.6, percent) },
    { name: 'Profit factor', wanted: '> 1.5', ...above(sampled(profitFactor), 1.5, ratio) },
    { name: 'Max drawdown', wanted: '< 10 %', ...below(p.maxDrawdown.share, 0.1, percent) },
    { name: 'Max drawdown, strict', wanted: '< 2 %', ...below(p.maxDrawdown.share, 0.02, percent) },
    {
      name: 'Worst day',
      wanted: '> −5 %, where the desk halts',
      ...above(days.length === 0 ? null : Math.min(...days), -0.05, percent),
    },
    {
      name: 'Trades per pair and day',
      wanted: '2 to 6',
      ...within(p.tradesPerPairAndDay, 2, 6, ratio),
    },
    {
      name: 'Profit per day',
      wanted: '1 % to 3 % of equity, or more',
      ...above(days.length === 0 ? null : meanOf(days), 0.01, percent),
    },
    {
      name: 'Profit per trade',
      wanted: '> 0.3 % of notional',
      ...above(sampled(perTrade.length === 0 ? null : meanOf(perTrade)), 0.003, percent),
    },
  ];
}

type Found = Pick<Criterion, 'got' | 'verdict'>;
type Format = (value: number) => string;

function above(value: number | null, limit: number, format: Format): Found {
  return found(value, (known) => known > limit, format);
}

function below(value: number | null, limit: number, format: Format): Found {
  return found(value, (known) => known < limit, format);
}

function within(value: number | null, low: number, high: number, format: Format): Found {
  return found(value, (known) => known >= low && known <= high, format);
}

function found(value: number | null, isMet: (known: number) => boolean, format: Format): Found {
  if (value === null) return { got: `N/A: fewer than ${MIN_TRADES} trades`, verdict: 'N/A' };
  return { got: format(value), verdict: isMet(value) ? 'PASS' : 'FAIL' };
}

export function percent(share: number, digits = 2): string {
  return `${share < 0 ? '−' : ''}${(100 * Math.abs(share)).toFixed(digits)} %`;
}

function ratio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '∞: nothing was lost';
}
