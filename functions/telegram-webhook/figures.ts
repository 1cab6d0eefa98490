/** What closed trades come to. */
import type { PositionEvent } from '../../schemas/position-event.ts';
import { DAY_MS } from '../../schemas/primitives.ts';

/** An exit whose net result is known. Unit of pnl: quote. */
export interface Closed {
  readonly pair: string;
  readonly exit: string;
  readonly ts: number;
  readonly pnl: number;
}

export interface Figures {
  readonly trades: number;
  readonly wins: number;
  readonly net: number;
  /** Gains over losses; null without a loss. */
  readonly profitFactor: number | null;
  readonly averageWin: number | null;
  readonly averageLoss: number | null;
}

export function closedOf(events: readonly PositionEvent[]): Closed[] {
  return events
    .flatMap(({ kind, pair, exit, ts, pnl }) =>
      kind === 'EXIT' && pnl !== null ? [{ pair, exit: exit ?? 'CLOSED', ts, pnl }] : [],
    )
    .sort((a, b) => a.ts - b.ts);
}

export function figuresOf(closed: readonly Closed[]): Figures {
  const won = closed.filter(({ pnl }) => pnl > 0).map(({ pnl }) => pnl);
  const lost = closed.filter(({ pnl }) => pnl <= 0).map(({ pnl }) => pnl);
  const [gains, losses] = [sum(won), sum(lost)];
  return {
    trades: closed.length,
    wins: won.length,
    net: gains + losses,
    profitFactor: losses === 0 ? null : gains / -losses,
    averageWin: won.length === 0 ? null : gains / won.length,
    averageLoss: lost.length === 0 ? null : losses / lost.length,
  };
}

/** By a name, the best first. */
export function by(closed: readonly Closed[], name: (trade: Closed) => string): [string, Figures][] {
  const groups = Map.groupBy(closed, name);
  return [...groups]
    .map(([key, trades]): [string, Figures] => [key, figuresOf(trades)])
    .sort((a, b) => b[1].net - a[1].net);
}

/** Midnight UTC of the day, `days` before that of `now`. Unit: ms. */
export function midnight(now: number, days = 0): number {
  return (Math.floor(now / DAY_MS) - days) * DAY_MS;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
