/** The instruments of the simulated exchange: tick and lot as on Bybit linear in 2026, prices near those of that time. */

export interface Instrument {
  readonly symbol: string;
  /** Price about which the market wanders. Unit: quote per base. */
  readonly price: number;
  /** Units: quote per base, base. */
  readonly tick: number;
  readonly lot: number;
  /** Decimal places with which prices and sizes are written. */
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  /** Taker orders in an average minute. */
  readonly ordersPerMinute: number;
  /** Share of minutes in which nobody trades. */
  readonly silentShare: number;
  /** Lots of an average order. */
  readonly lotsPerOrder: number;
}

function instrument(
  symbol: string,
  price: number,
  [tick, priceDecimals]: readonly [number, number],
  [lot, sizeDecimals]: readonly [number, number],
  [ordersPerMinute, silentShare]: readonly [number, number],
): Instrument {
  const lotsPerOrder = Math.max(2, Math.round(3000 / price / lot));
  return {
    symbol,
    price,
    tick,
    lot,
    priceDecimals,
    sizeDecimals,
    ordersPerMinute,
    silentShare,
    lotsPerOrder,
  };
}

export const INSTRUMENTS: readonly Instrument[] = [
  instrument('BTCUSDT', 65_000, [0.1, 2], [0.001, 3], [120, 0]),
  instrument('ETHUSDT', 1_920, [0.01, 2], [0.01, 2], [100, 0]),
  instrument('SOLUSDT', 77, [0.01, 3], [0.1, 1], [70, 0]),
  instrument('XRPUSDT', 1.1, [0.0001, 4], [0.1, 1], [50, 0]),
  instrument('DOGEUSDT', 0.07, [0.00001, 5], [1, 0], [50, 0.01]),
  instrument('BNBUSDT', 570, [0.1, 2], [0.01, 2], [40, 0.01]),
  instrument('ADAUSDT', 0.65, [0.0001, 4], [1, 0], [30, 0.02]),
  instrument('LINKUSDT', 8.5, [0.001, 3], [0.1, 1], [25, 0.03]),
  instrument('AVAXUSDT', 9.2, [0.001, 3], [0.1, 1], [20, 0.04]),
  instrument('LTCUSDT', 54, [0.01, 2], [0.1, 1], [15, 0.06]),
  instrument('SUIUSDT', 1.05, [0.0001, 4], [1, 0], [30, 0.02]),
  instrument('TRXUSDT', 0.31, [0.00001, 5], [1, 0], [20, 0.04]),
  instrument('DOTUSDT', 2.1, [0.001, 3], [0.1, 1], [20, 0.04]),
  instrument('NEARUSDT', 1.6, [0.001, 3], [0.1, 1], [20, 0.04]),
  instrument('APTUSDT', 1.4, [0.001, 3], [0.1, 1], [15, 0.05]),
  instrument('ARBUSDT', 0.16, [0.0001, 4], [1, 0], [20, 0.04]),
  instrument('OPUSDT', 0.22, [0.0001, 4], [1, 0], [15, 0.05]),
  instrument('TONUSDT', 1.5, [0.001, 3], [0.1, 1], [15, 0.05]),
  instrument('UNIUSDT', 4.6, [0.001, 3], [0.1, 1], [15, 0.05]),
  instrument('ATOMUSDT', 2.3, [0.001, 3], [0.1, 1], [15, 0.06]),
  instrument('FILUSDT', 1.2, [0.001, 3], [0.1, 1], [15, 0.06]),
  instrument('INJUSDT', 4.2, [0.001, 3], [0.1, 1], [15, 0.06]),
  instrument('AAVEUSDT', 130, [0.01, 2], [0.01, 2], [20, 0.04]),
  instrument('SEIUSDT', 0.11, [0.00001, 5], [1, 0], [15, 0.06]),
  instrument('TIAUSDT', 0.5, [0.0001, 4], [0.1, 1], [15, 0.06]),
];

/** Those that a simulation follows where it is not told: more say nothing new, and take their share of a laptop. */
export const SIMULATED_SYMBOLS: readonly string[] = INSTRUMENTS.slice(0, 10).map(({ symbol }) => symbol);
