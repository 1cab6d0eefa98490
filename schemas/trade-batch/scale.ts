/** Doubles as integers of one decimal scale: price 36160.9 at scale 1 is 361609. */
import { WireFormatError } from '../errors.ts';
import { MAX_SCALE, POW10 } from './format.ts';

/** Below it, and at one scale, each integer is another double, and rounding value × 10^scale finds it. */
const UNAMBIGUOUS = 2 ** 51;

/**
 * Writes value × 10^scale for rows [from, to) into `into[0…]` and returns the smallest scale at which all are whole.
 * A value of more than 12 decimals or 15 digits is first rounded to them: each for itself, so that it means the same
 * in whatever batch it travels.
 * @throws WireFormatError where a value is not positive and finite, rounds to zero, or is too large beside the finest.
 */
export function toUnits(
  values: ArrayLike<number>,
  from: number,
  to: number,
  into: Float64Array,
  what: string,
): number {
  let scale = 0;
  for (let row = from; row < to; row++) {
    const value = values[row]!;
    const factor = POW10[scale]!;
    const units = Math.round(value * factor);
    if (units <= UNAMBIGUOUS && units > 0 && units / factor === value) {
      into[row - from] = units;
      continue;
    }
    const decimal = nearestDecimal(value, what, row);
    if (decimal.scale > scale) {
      // Rows before were written at a coarser scale: begin again.
      scale = decimal.scale;
      row = from - 1;
      continue;
    }
    into[row - from] = atScale(decimal, scale, what, row);
  }
  return scale;
}

interface Decimal {
  readonly units: number;
  readonly scale: number;
}

function nearestDecimal(value: number, what: string, row: number): Decimal {
  if (!(value > 0 && value <= Number.MAX_SAFE_INTEGER)) {
    throw new WireFormatError(`Expected ${what} > 0 and below 2^53, got ${value} in row ${row}.`);
  }
  let scale = 0;
  while (scale < MAX_SCALE && Math.round(value * POW10[scale]!) / POW10[scale]! !== value) {
    if (value * POW10[scale + 1]! > UNAMBIGUOUS) break;
    scale++;
  }
  let units = Math.round(value * POW10[scale]!);
  if (units === 0) {
    throw new WireFormatError(`Expected ${what} of at least 1e-${MAX_SCALE}, got ${value} in row ${row}.`);
  }
  for (; scale > 0 && units % 10 === 0; scale--) units /= 10;
  return { units, scale };
}

function atScale({ units, scale }: Decimal, to: number, what: string, row: number): number {
  const scaled = units * POW10[to - scale]!;
  if (scaled <= Number.MAX_SAFE_INTEGER) return scaled;
  throw new WireFormatError(
    `Expected each ${what} of a batch below 2^53 of its finest (1e-${to}), got ${units}e-${scale} in row ${row}: send it in a batch of its own.`,
  );
}
