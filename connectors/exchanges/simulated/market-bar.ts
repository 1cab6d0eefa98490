/** A bar in whole ticks and lots; turnover in ticks × lots. Without trades all prices are the last close. */
export interface MarketBar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly lots: number;
  readonly turnover: number;
  readonly trades: number;
}

/** A silent minute carries a price but no trade: it opens and bounds nothing once there is one. */
export function joinBars(a: MarketBar | null, b: MarketBar): MarketBar {
  if (a === null || a.lots === 0) return b;
  if (b.lots === 0) return a;
  return {
    open: a.open,
    high: Math.max(a.high, b.high),
    low: Math.min(a.low, b.low),
    close: b.close,
    lots: a.lots + b.lots,
    turnover: a.turnover + b.turnover,
    trades: a.trades + b.trades,
  };
}

/** Bar of a time without a trade. */
export function flatBar(close: number): MarketBar {
  return { open: close, high: close, low: close, close, lots: 0, turnover: 0, trades: 0 };
}
