/** Figures of trades by what they have in common. Pure. */
import { HOUR_MS } from '../../schemas/primitives.ts';
import { type Figures, figuresBy, sum } from '../../transforms/performance/figures.ts';
import type { BacktestTrade } from '../backtest/desk-run.ts';

export interface Group extends Figures {
  readonly name: string;
  readonly fees: number;
  readonly funding: number;
  readonly slippageCost: number;
}

/** ATR over its mean, as `bq/marts/trades.sql` has it. */
const HIGH_ATR = 2;
const LOW_ATR = 0.5;

export const DIMENSIONS = {
  pair: ({ pair }) => pair,
  day: ({ closedAt }) => dayOf(closedAt),
  strategy: ({ strategy }) => strategy,
  side: ({ side }) => side,
  trend: ({ trend }) => trend ?? 'UNKNOWN',
  volatility: ({ atrRatio }) => volatilityOf(atrRatio),
  hour: ({ openedAt }) => String(Math.floor(openedAt / HOUR_MS) % 24).padStart(2, '0'),
  exit: ({ exit }) => exit,
} as const satisfies Record<string, (trade: BacktestTrade) => string>;
export type Dimension = keyof typeof DIMENSIONS;

/** In order of names. */
export function groupsBy(trades: readonly BacktestTrade[], dimension: Dimension): Group[] {
  const nameOf = DIMENSIONS[dimension];
  const members = Map.groupBy(trades, nameOf);
  return figuresBy(trades, nameOf)
    .map(([name, figures]) => ({ name, ...figures, ...costsOf(members.get(name)!) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function costsOf(trades: readonly BacktestTrade[]): Pick<Group, 'fees' | 'funding' | 'slippageCost'> {
  return {
    fees: sum(trades.map(({ fees }) => fees)),
    funding: sum(trades.map(({ funding }) => funding)),
    slippageCost: sum(trades.map(({ slippageCost }) => slippageCost)),
  };
}

/** UTC. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function volatilityOf(atrRatio: number | null): string {
  if (atrRatio === null) return 'UNKNOWN';
  if (atrRatio > HIGH_ATR) return 'HIGH';
  return atrRatio < LOW_ATR ? 'LOW' : 'NORMAL';
}
