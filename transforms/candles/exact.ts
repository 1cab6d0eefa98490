/** Exact integers and decimals: sums that do not depend on the order of their terms. */
import type { ExactInt } from '../market-data.ts';

const MAX = Number.MAX_SAFE_INTEGER;
/** 10^0 … 10^22 are exact doubles. */
const POW10 = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

export function exactInt(value: bigint): ExactInt {
  return value <= MAX ? Number(value) : value.toString();
}

export function add(a: ExactInt, b: ExactInt): ExactInt {
  if (typeof a === 'number' && typeof b === 'number' && a + b <= MAX) return a + b;
  return exactInt(BigInt(a) + BigInt(b));
}

/** value × 10^places. */
export function shift(value: ExactInt, places: number): ExactInt {
  if (places === 0) return value;
  if (typeof value === 'number' && value * 10 ** places <= MAX) return value * 10 ** places;
  return exactInt(BigInt(value) * 10n ** BigInt(places));
}

/** The double nearest to value / 10^scale. */
export function toDouble(value: ExactInt, scale: number): number {
  const power = POW10[scale];
  if (typeof value === 'number' && power !== undefined) return value / power;
  return Number(`${value}e-${scale}`);
}

/**
 * Sum of doubles, each read as its shortest decimal: 0.1 + 0.2 is 0.3.
 * The double nearest to the exact sum; terms ≥ 0.
 */
export function decimalSum(values: readonly number[]): number {
  const decimals = values.map(decimalOf);
  const scale = Math.max(0, ...decimals.map((decimal) => decimal.scale));
  const sum = decimals.reduce<ExactInt>(
    (total, { units, scale: own }) => add(total, shift(units, scale - own)),
    0,
  );
  return toDouble(sum, scale);
}

const FAST_SCALES = 9;

function decimalOf(value: number): { units: ExactInt; scale: number } {
  for (let scale = 0; scale < FAST_SCALES; scale++) {
    const units = Math.round(value * POW10[scale]!);
    // Below 10^15 no two decimals of this scale share a double, so the match is the shortest decimal.
    if (units < 1e15 && units / POW10[scale]! === value) return { units, scale };
  }
  const [digits = '0', exponent = '0'] = value.toExponential().split('e');
  const [whole = '0', fraction = ''] = digits.split('.');
  const scale = fraction.length - Number(exponent);
  const units = exactInt(BigInt(whole + fraction));
  return scale >= 0 ? { units, scale } : { units: shift(units, -scale), scale: 0 };
}
