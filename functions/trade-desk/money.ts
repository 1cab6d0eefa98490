/** Money in exact decimals: products and sums as on paper, rounded once, to 1e-8 of the quote currency. */
import { atMost } from '../../transforms/thresholds/thresholds.ts';

const PLACES = 8;

interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

/** Product of the numbers as they are written. Rounded half away from zero. */
export function product(...factors: readonly number[]): number {
  return rounded(
    factors.map(decimalOf).reduce((a, b) => ({ units: a.units * b.units, scale: a.scale + b.scale })),
  );
}

/** Sum of the numbers as they are written. Rounded half away from zero. */
export function total(...terms: readonly number[]): number {
  const decimals = terms.map(decimalOf);
  const scale = Math.max(PLACES, ...decimals.map((term) => term.scale));
  const units = decimals.reduce((sum, term) => sum + term.units * 10n ** BigInt(scale - term.scale), 0n);
  return rounded({ units, scale });
}

/** The shortest decimal that reads as this double. */
function decimalOf(value: number): Decimal {
  const [digits = '0', exponent = '0'] = value.toExponential().split('e');
  const [whole = '0', fraction = ''] = digits.split('.');
  const scale = fraction.length - Number(exponent);
  const units = BigInt(whole + fraction);
  return scale >= 0 ? { units, scale } : { units: units * 10n ** BigInt(-scale), scale: 0 };
}

function rounded({ units, scale }: Decimal): number {
  if (scale <= PLACES) return Number(`${units}e-${scale}`);
  const step = 10n ** BigInt(scale - PLACES);
  const half = units < 0n ? -step / 2n : step / 2n;
  return Number(`${(units + half) / step}e-${PLACES}`);
}

const SIZE_DIGITS = 6;
const PRICE_DIGITS = 10;

/** A size of six significant digits (0 where it has no end), not above `size` but for the noise of its computation: lots are the broker's to round further. */
export function floorSize(size: number): number {
  if (!(size > 0 && Number.isFinite(size))) return 0;
  const rounded = Number(size.toPrecision(SIZE_DIGITS));
  if (atMost(rounded, size)) return rounded;
  const step = 10 ** (Math.floor(Math.log10(size)) - SIZE_DIGITS + 1);
  return Number((rounded - step).toPrecision(SIZE_DIGITS));
}

/** The whole lots in a size that is itself right but for the noise of its computation. */
export function floorLot(size: number, lot: number): number {
  const lots = size / lot;
  const nearest = Math.round(lots);
  return product(atMost(nearest, lots) ? nearest : Math.floor(lots), lot);
}

/** A mean fill price without the noise of its computation. */
export function fillPrice(price: number): number {
  return Number(price.toPrecision(PRICE_DIGITS));
}
