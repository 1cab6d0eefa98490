/** A one-way position of the simulated Bybit, in whole ticks and lots. Pure. */

export interface Position {
  /** Negative where short. */
  readonly lots: number;
  /** Mean entry × |lots|. Unit: ticks × lots. */
  readonly cost: number;
  /** Where the exchange closes it, in ticks of the last price; null for never. */
  readonly tp: number | null;
  readonly sl: number | null;
}

export const FLAT: Position = { lots: 0, cost: 0, tp: null, sl: null };

/** Share of a position's worth that must stay covered: Bybit's of the first risk tier. */
const MAINTENANCE = 0.005;

export interface Filled {
  readonly position: Position;
  readonly closedLots: number;
  /** Unit: ticks × lots. */
  readonly profit: number;
}

/** Closes against the position first; what is left opens the other side. */
export function fill(before: Position, isBuy: boolean, lots: number, ticks: number): Filled {
  const sign = isBuy ? 1 : -1;
  const closedLots = before.lots * sign < 0 ? Math.min(lots, Math.abs(before.lots)) : 0;
  const freed = closedLots === 0 ? 0 : (before.cost * closedLots) / Math.abs(before.lots);
  const profit = -sign * (closedLots * ticks - freed);
  const left = before.lots + sign * closedLots;
  const opened = lots - closedLots;
  const held = left === 0 ? FLAT : { ...before, lots: left, cost: before.cost - freed };
  const position = { ...held, lots: left + sign * opened, cost: held.cost + opened * ticks };
  return { position: position.lots === 0 ? FLAT : position, closedLots, profit };
}

export function entryTicks({ lots, cost }: Position): number {
  return lots === 0 ? 0 : cost / Math.abs(lots);
}

/** Price in ticks at which the margin is used up (`bust`), and before it that at which the exchange takes over. */
export function liquidation(
  position: Position,
  leverage: number,
): { readonly at: number; readonly bust: number } {
  const entry = entryTicks(position);
  const side = Math.sign(position.lots);
  // Without the dust of binary fractions, which would round to another tick.
  const exact = (price: number) => Number(price.toPrecision(12));
  const bust = exact(entry * (1 - side / leverage));
  return {
    at: exact(bust + side * entry * MAINTENANCE),
    bust: side > 0 ? Math.ceil(bust) : Math.floor(bust),
  };
}

export type Trigger = 'TP' | 'SL' | 'LIQUIDATED';

/** What a trade at this price sets off; the worst for the account first. */
export function triggered(position: Position, leverage: number, ticks: number): Trigger | null {
  if (position.lots === 0) return null;
  const side = Math.sign(position.lots);
  const isBeyond = (level: number | null, way: number) => level !== null && (ticks - level) * way >= 0;
  if (isBeyond(liquidation(position, leverage).at, -side)) return 'LIQUIDATED';
  if (isBeyond(position.sl, -side)) return 'SL';
  return isBeyond(position.tp, side) ? 'TP' : null;
}
