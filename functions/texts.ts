/** Numbers and times as people read them, in alerts, answers and charts alike. */

/** A share as a move: `+0.50 %`, `−0.50 %`. */
export function moveText(share: number): string {
  return `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(2)} %`;
}

/** `+4.37`, `−12.00`. */
export function moneyText(amount: number): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return `${amount < 0 ? '−' : '+'}${Math.abs(amount).toLocaleString('en-US', digits)}`;
}

/** To the minute: `2025-06-03 14:25 UTC`. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** As few digits as tell the number, eight at most: `61000.5`. */
export function numberText(value: number): string {
  return String(Number(value.toPrecision(8)));
}
