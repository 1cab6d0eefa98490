/** Numbers and times as a person reads them in a terminal; what alerts say as well is in functions/texts.ts. */
import { moneyText, numberText } from '../functions/texts.ts';

/** 850 ms, 4.2 s, 3 min 20 s, 2 h 5 min. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** As few digits as tell the number. */
export function decimal(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : numberText(value);
}

/** In the quote currency. */
export function amount(value: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** From one price to another. */
export function move(from: number | null | undefined, to: number | null | undefined): string {
  return from && to ? `${moneyText((to / from - 1) * 100)} %` : '';
}
