/** Decimals as integers of a power of ten, so that multiples of ticks and lots carry no dust of binary fractions. */

export interface Decimal {
  /** Of 10^-places. */
  readonly units: bigint;
  readonly places: number;
}

/** Digits that are believed of a double: what it has beyond them is the dust of sums. */
const DIGITS = 12;

/** The nearest decimal of twelve digits. `value`: finite, not negative. */
export function decimalOf(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = value.toExponential(DIGITS - 1).split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '') || '0';
  const places = digits.length - 1 - Number(exponent);
  return { units: BigInt(digits) * 10n ** BigInt(Math.max(0, -places)), places: Math.max(0, places) };
}

/** Without exponent, e.g. `0.0010`. */
export function textOf({ units, places }: Decimal): string {
  if (places === 0) return String(units);
  const digits = String(units).padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** The multiple of `step` (> 0) that is next to the value on this side. */
export function toStep(value: number, step: number, side: 'down' | 'up' | 'nearest'): Decimal {
  const of = decimalOf(step);
  const [whole, unit] = atOneScale(decimalOf(value), of);
  const added = side === 'down' ? 0n : side === 'up' ? unit - 1n : unit / 2n;
  return { units: ((whole + added) / unit) * of.units, places: of.places };
}

export function times(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, places: a.places + b.places };
}

export function isLess(a: Decimal, b: Decimal): boolean {
  const [left, right] = atOneScale(a, b);
  return left < right;
}

function atOneScale(a: Decimal, b: Decimal): [bigint, bigint] {
  const places = Math.max(a.places, b.places);
  return [a.units * 10n ** BigInt(places - a.places), b.units * 10n ** BigInt(places - b.places)];
}
