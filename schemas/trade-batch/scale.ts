/** Doubles as integers of one decimal scale: price 36160.9 at scale 1 is 361609. */
import { WireFormatError } from '../errors.ts';
import { MAX_SCALE, POW10 } from './format.ts';

/**
 * Writes value × 10^scale for rows [from, to) into `into[0…]` and returns the smallest scale ≤ 12 at which every
 * value is exact. Where there is none (more digits than 12 decimals or 2^53 hold), values are rounded at the finest.
 * @throws WireFormatError where a value is not a positive finite number, or rounds to zero.
 */
export function toUnits(
  values: ArrayLike<number>,
  from: number,
  to: number,
  into: Float64Array,
  what: string,
): number {
  const finest = finestScale(values, from, to, what);
  let scale = 0;
  for (let row = from; row < to; row++) {
    const value = values[row]!;
    const factor = POW10[scale]!;
    let units = Math.round(value * factor);
    if (units / factor !== value) {
      const needed = scaleOf(value, scale, finest);
      if (needed > scale) {
        // Rows before were written at a coarser scale: begin again.
        scale = needed;
        row = from - 1;
        continue;
      }
      units = unitsOf(value, scale);
      if (units === 0) {
        throw new WireFormatError(`Expected ${what} of at least 1e-${scale}, got ${value} in row ${row}.`);
      }
    }
    into[row - from] = units;
  }
  return scale;
}

/** Smallest scale in [from, finest] at which the value is exact, else the finest. */
export function scaleOf(value: number, from: number, finest: number): number {
  let scale = from;
  while (scale < finest && unitsOf(value, scale) / POW10[scale]! !== value) scale++;
  return scale;
}

/** Nearest integer of value × 10^scale; near 2^53 the product itself is rounded, so its neighbours are tried. */
function unitsOf(value: number, scale: number): number {
  const factor = POW10[scale]!;
  const units = Math.round(value * factor);
  for (const candidate of [units, units - 1, units + 1]) if (candidate / factor === value) return candidate;
  return units;
}

function finestScale(values: ArrayLike<number>, from: number, to: number, what: string): number {
  let max = 0;
  for (let row = from; row < to; row++) {
    const value = values[row]!;
    if (!(value > 0 && value <= Number.MAX_SAFE_INTEGER)) {
      throw new WireFormatError(`Expected ${what} > 0 and below 2^53, got ${value} in row ${row}.`);
    }
    if (value > max) max = value;
  }
  let scale = MAX_SCALE;
  while (scale > 0 && max * POW10[scale]! > Number.MAX_SAFE_INTEGER) scale--;
  return scale;
}
