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

/** Bar of a time without a trade. */
export function flatBar(close: number): MarketBar {
  return { open: close, high: close, low: close, close, lots: 0, turnover: 0, trades: 0 };
}
