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

/** 850 ms, 4.2 s, 3 min 20 s, 2 h 5 min. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** As few digits as tell the number, eight at most: `61000.5`. */
export function numberText(value: number): string {
  return String(Number(value.toPrecision(8)));
}
