/** Equity over time, and what is lost on the way. */
import { DAY_MS } from '../../schemas/primitives.ts';

export interface Result {
  /** Unit: ms since the epoch. */
  readonly closedAt: number;
  /** Unit: quote. */
  readonly net: number;
}

export interface EquityPoint {
  readonly ts: number;
  /** Realised. Unit: quote. */
  readonly equity: number;
}

/** A step at each exit. @param results By time. */
export function equityCurve(start: EquityPoint, results: readonly Result[]): EquityPoint[] {
  let { equity } = start;
  return [
    start,
    ...results.map(({ closedAt, net }) => {
      equity += net;
      return { ts: closedAt, equity };
    }),
  ];
}

export interface Drawdown {
  /** Of the peak; 0 where equity never fell. */
  readonly share: number;
  /** Unit: quote. */
  readonly amount: number;
  /** Peak and lowest point; null where equity never fell. */
  readonly from: number | null;
  readonly to: number | null;
  /** When the peak was reached again; null: not yet. */
  readonly recoveredAt: number | null;
}

/** The deepest fall from a peak, as a share of it. Equity that is only known at exits hides what was lost while positions were open. */
export function maxDrawdown(curve: readonly EquityPoint[]): Drawdown {
  let deepest: Drawdown = { share: 0, amount: 0, from: null, to: null, recoveredAt: null };
  let peak: EquityPoint | undefined;
  for (const point of curve) {
    const { ts, equity } = point;
    if (peak === undefined || equity >= peak.equity) {
      if (deepest.from !== null && deepest.from === peak?.ts && deepest.recoveredAt === null)
        deepest = { ...deepest, recoveredAt: ts };
      peak = point;
      continue;
    }
    const amount = peak.equity - equity;
    const share = amount / peak.equity;
    if (share > deepest.share) deepest = { share, amount, from: peak.ts, to: ts, recoveredAt: null };
  }
  return deepest;
}

/**
 * Return of each UTC day of [fromMs, toMs], whole or begun, on the equity that it began with, days without an exit included: a
 * Sharpe ratio of trading days alone would flatter.
 * @param results By time.
 */
export function dailyReturns(
  start: number,
  results: readonly Result[],
  fromMs: number,
  toMs: number,
): number[] {
  const nets = new Map<number, number>();
  const last = Math.ceil(toMs / DAY_MS) - 1;
  for (const { closedAt, net } of results) {
    // What is closed with the last bar, at midnight, would else be on a day that is none of these.
    const day = Math.min(Math.floor(closedAt / DAY_MS), last);
    nets.set(day, (nets.get(day) ?? 0) + net);
  }
  const returns: number[] = [];
  let equity = start;
  for (let day = Math.floor(fromMs / DAY_MS); day <= last; day++) {
    const net = nets.get(day) ?? 0;
    returns.push(equity > 0 ? net / equity : 0);
    equity += net;
  }
  return returns;
}

/** Share of [fromMs, toMs) in which at least one position was open. */
export function exposureOf(
  trades: readonly { readonly openedAt: number; readonly closedAt: number }[],
  fromMs: number,
  toMs: number,
): number {
  let covered = 0;
  let until = fromMs;
  for (const { openedAt, closedAt } of trades.toSorted((a, b) => a.openedAt - b.openedAt)) {
    const [from, to] = [Math.max(openedAt, until), Math.min(closedAt, toMs)];
    if (to > from) covered += to - from;
    until = Math.max(until, to);
  }
  return toMs > fromMs ? covered / (toMs - fromMs) : 0;
}
