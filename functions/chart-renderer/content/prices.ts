/** Prices, moves and amounts as text: the decimals that an instrument's prices have, no more. */

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

/** A share as a move: `+0.50 %`, `−0.50 %`. */
export function moveText(share: number): string {
  return `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(2)} %`;
}

/** `+4.37`, `−12.00`. */
export function moneyText(amount: number): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return `${amount < 0 ? '−' : '+'}${Math.abs(amount).toLocaleString('en-US', digits)}`;
}

/** `1.2K`. */
export function amountText(amount: number): string {
  return amount.toLocaleString('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
}

/** `2025-06-03 14:25 UTC`. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Of the shortest decimal that stands for the number: 1e-7 has 7. */
function ownDecimals(price: number): number {
  const [digits = '', exponent = '0'] = String(price).split('e');
  const fraction = digits.split('.')[1]?.length ?? 0;
  return Math.max(0, fraction - Number(exponent));
}
