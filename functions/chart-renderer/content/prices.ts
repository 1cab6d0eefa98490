/** Prices of one instrument and amounts as text: the decimals that its prices have, no more. */

const SIGNIFICANT = 8;
const MOST_DECIMALS = 20;

/** Decimals that tell all the prices apart, limited to eight significant digits of the largest. */
export function decimalsOf(prices: readonly number[]): number {
  const largest = Math.max(...prices, Number.MIN_VALUE);
  const limit = SIGNIFICANT - 1 - Math.floor(Math.log10(largest));
  const wanted = prices.reduce((most, price) => Math.max(most, ownDecimals(price)), 0);
  return Math.min(Math.max(0, Math.min(wanted, limit)), MOST_DECIMALS);
}

/** `104,250.5`; `0.00001234`. */
export function priceText(price: number, decimals: number): string {
  const format = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return price.toLocaleString('en-US', format);
}

/** `1.2K`. */
export function amountText(amount: number): string {
  return amount.toLocaleString('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
}

/** Of the shortest decimal that stands for the number: 1e-7 has 7. */
function ownDecimals(price: number): number {
  const [digits = '', exponent = '0'] = String(price).split('e');
  const fraction = digits.split('.')[1]?.length ?? 0;
  return Math.max(0, fraction - Number(exponent));
}
