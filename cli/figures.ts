/** Numbers and times as a person reads them in a terminal; what alerts say as well is in functions/texts.ts. */
import { moneyText, numberText } from '../functions/texts.ts';

export { durationText as duration } from '../functions/texts.ts';

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
