/** Limits of the desk, checked anew on the trades that came of it. Pure. */
import type { DeskParams } from '../../schemas/desk-params.ts';
import { DAY_MS } from '../../schemas/primitives.ts';
import type { BacktestTrade } from '../backtest/desk-run.ts';
import { type Criterion, percent } from '../report/criteria.ts';

/** Fills are rounded, and slip within limits after they were sized. */
const ROOM = 1.002;

/** @param trades Of one book, by the time of their exit. */
export function riskCriteria(trades: readonly BacktestTrade[], { risk, rules }: DeskParams): Criterion[] {
  return [
    criterion(
      'Margin of a position',
      `≤ ${percent(risk.margin, 0)} of equity`,
      largestMargin(trades, risk.startEquity),
      risk.margin * ROOM,
      percent,
    ),
    criterion(
      'Positions open at once',
      `≤ ${rules.maxConcurrent}`,
      mostAtOnce(trades),
      rules.maxConcurrent,
      String,
    ),
    criterion('Open at once in one pair', '≤ 1', mostInPair(trades), 1, String),
    criterion('Entries in a UTC day', `≤ ${rules.dailyCap}`, mostInDay(trades), rules.dailyCap, String),
    cooldown(trades, rules.cooldownMs),
  ];
}

function criterion(
  name: string,
  wanted: string,
  value: number | null,
  limit: number,
  format: (value: number) => string,
): Criterion {
  if (value === null) return { name, wanted, got: 'N/A: no trade', verdict: 'N/A' };
  return { name, wanted, got: format(value), verdict: value <= limit ? 'PASS' : 'FAIL' };
}

/** Of the equity that was realised when it was entered. */
function largestMargin(trades: readonly BacktestTrade[], startEquity: number): number | null {
  const margins = trades.map(({ openedAt, entry, size, leverage }) => {
    const before = trades.filter(({ closedAt }) => closedAt <= openedAt);
    const equity = before.reduce((sum, { net }) => sum + net, startEquity);
    return (entry * size) / (leverage ?? 1) / equity;
  });
  return margins.length === 0 ? null : Math.max(...margins);
}

/** What ends at an instant ends before what begins at it. */
function mostAtOnce(trades: readonly BacktestTrade[]): number | null {
  const changes = trades.flatMap(({ openedAt, closedAt }) => [
    { at: openedAt, by: 1 },
    { at: closedAt, by: -1 },
  ]);
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let [open, most] = [0, 0];
  for (const { by } of changes) {
    open += by;
    most = Math.max(most, open);
  }
  return trades.length === 0 ? null : most;
}

function mostInPair(trades: readonly BacktestTrade[]): number | null {
  const pairs = [...Map.groupBy(trades, ({ pair }) => pair).values()];
  return pairs.length === 0 ? null : Math.max(...pairs.map((those) => mostAtOnce(those)!));
}

function mostInDay(trades: readonly BacktestTrade[]): number | null {
  const days = [...Map.groupBy(trades, ({ openedAt }) => Math.floor(openedAt / DAY_MS)).values()];
  return days.length === 0 ? null : Math.max(...days.map(({ length }) => length));
}

function cooldown(trades: readonly BacktestTrade[], cooldownMs: number): Criterion {
  const pauses = [...Map.groupBy(trades, ({ pair }) => pair).values()].flatMap((those) =>
    those.slice(1).map(({ openedAt }, i) => openedAt - those[i]!.closedAt),
  );
  const what = { name: 'Pause after an exit in a pair', wanted: `≥ ${cooldownMs / 60_000} min` };
  if (pauses.length === 0) return { ...what, got: 'N/A: no second trade in a pair', verdict: 'N/A' };
  const shortest = Math.min(...pauses);
  const verdict = shortest >= cooldownMs ? 'PASS' : 'FAIL';
  return { ...what, got: `${(shortest / 60_000).toFixed(1)} min`, verdict };
}
