/** Where a trade ends and what it costs: TP, SL, leverage under high volatility, and the gate that costs set. */
import type { SignalParams } from '../../schemas/params.ts';
import type { PositionSide } from '../../schemas/primitives.ts';
import { above, atLeast } from '../thresholds/thresholds.ts';

type Params = SignalParams['risk'];

export interface Bracket {
  readonly tp: number;
  readonly sl: number;
  readonly leverage: number;
}

/** TP and SL round the entry; while volatility is high the stop is wider and leverage lower. Unit: quote per base. */
export function bracketOf(
  entry: number,
  side: PositionSide,
  highAtr: boolean | null,
  params: Params,
): Bracket {
  const sign = side === 'LONG' ? 1 : -1;
  const stop = highAtr ? params.stopLossHighAtr : params.stopLoss;
  return {
    tp: roundPrice(entry * (1 + sign * params.takeProfit), entry),
    sl: roundPrice(entry * (1 - sign * stop), entry),
    leverage: highAtr ? params.leverageHighAtr : params.leverage,
  };
}

/**
 * ATR strictly above `highAtrRatio` × its 20-day mean. Null where either is unknown: the plain bracket is used then,
 * and the signal says that nobody knew.
 */
export function isHighAtr(atr: number | null, baseline: number | null, params: Params): boolean | null {
  return atr === null || baseline === null ? null : above(atr, params.highAtrRatio * baseline);
}

/**
 * Worst expected cost of entry, holding and exit: taker fee both ways, slippage, and one funding. Unit: share of
 * entry. Both fees are taken of the entry's notional; the exit's differs by the TP distance, far below a slippage.
 */
export function costsOf(params: Params): number {
  return 2 * params.takerFee + params.expectedSlippage + params.expectedFunding;
}

/** A TP that exactly pays its costs still covers them. */
export function coversCosts(params: Params): boolean {
  return atLeast(params.takeProfit, costsOf(params));
}

/** Enough for any price there is. */
const MOST_DECIMALS = 20;

/**
 * The price with as many decimals as give steps of at most 1e-6 of `reference`: instruments' ticks are not known
 * here, and the desk rounds to them anyway. 60 000 has 2 decimals, 0.1 has 7; from a million on there are none.
 */
export function roundPrice(price: number, reference: number = price): number {
  let decimals = 0;
  while (above(10 ** -decimals, reference * 1e-6) && decimals < MOST_DECIMALS) decimals++;
  return Number(price.toFixed(decimals));
}
