/** From what is used to what is billed: prices, and what is free. Pure. */
import { PRICES, type PricedRegion, priceIn, type Sku } from './prices.ts';

/** As Google's calculator has it. */
export const HOURS = 730;
export const SECONDS = HOURS * 3_600;
export const DAYS = HOURS / 24;
export const GIB = 2 ** 30;

/** What one resource uses of one thing that is sold, in a month. */
export interface Use {
  readonly sku: Sku;
  readonly resource: string;
  readonly region: string;
  /** In the unit of the price. */
  readonly quantity: number;
  /** `idle`: paid in a silent market, too; `symbols`: grows with symbols and trades; `time`: with the age of the stack. */
  readonly grows: 'idle' | 'symbols' | 'time';
  readonly why: string;
}

export interface Line extends Use {
  readonly unit: string;
  /** Of one unit. */
  readonly usd: number;
  /** Region whose price it is; null: the same everywhere. */
  readonly pricedIn: PricedRegion | null;
  readonly usdPerMonth: number;
}

/** Of one SKU: what its lines would cost less than they add up to. */
export interface Free {
  readonly sku: Sku;
  readonly quantity: number;
  readonly unit: string;
  readonly usdPerMonth: number;
}

export interface Bill {
  /** The dearest first. */
  readonly lines: readonly Line[];
  readonly free: readonly Free[];
  readonly usdPerMonth: number;
}

export function billOf(uses: readonly Use[]): Bill {
  const lines = uses
    .filter(({ quantity }) => quantity > 0)
    .map(lineOf)
    .toSorted((a, b) => b.usdPerMonth - a.usdPerMonth);
  const free = [...Map.groupBy(lines, ({ sku }) => sku).values()]
    .map(freeOf)
    .filter(({ quantity }) => quantity > 0);
  return { lines, free, usdPerMonth: sumOf(lines) - sumOf(free) };
}

export function sumOf(parts: readonly { readonly usdPerMonth: number }[]): number {
  return parts.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);
}

function lineOf(use: Use): Line {
  const { usd, region } = priceIn(use.sku, use.region);
  const { unit } = PRICES[use.sku];
  return { ...use, unit, usd, pricedIn: region, usdPerMonth: use.quantity * usd };
}

/** What is free is taken off the cheapest region's, where there are several: no bill is shown too low. */
function freeOf(lines: readonly Line[]): Free {
  const [{ sku, unit }] = lines as readonly [Line];
  const used = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  const quantity = Math.min(used, PRICES[sku].free);
  const usd = Math.min(...lines.map((line) => line.usd));
  return { sku, unit, quantity, usdPerMonth: quantity * usd };
}
