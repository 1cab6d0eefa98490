/** Sets of the 60 seconds of a minute. */
import type { SecondSet } from '../market-data.ts';

export const NO_SECONDS: SecondSet = { low: 0, high: 0 };
const HALF = 30;
const ALL_OF_HALF = 2 ** HALF - 1;
const ALL_SECONDS: SecondSet = { low: ALL_OF_HALF, high: ALL_OF_HALF };

/** Makes `into` the union of both: a minute has hundreds of sets, and keeps the union alone. */
export function include(into: { low: number; high: number }, set: SecondSet): void {
  into.low |= set.low;
  into.high |= set.high;
}

export function countSeconds({ low, high }: SecondSet): number {
  return countBits(low) + countBits(high);
}

export function oneSecond(second: number): SecondSet {
  return second < HALF ? { low: 1 << second, high: 0 } : { low: 0, high: 1 << (second - HALF) };
}

/** Seconds of the minute opening at `openTime` that lie wholly inside [fromMs, toMs). */
export function secondsWithin(openTime: number, fromMs: number, toMs: number): SecondSet {
  const first = Math.max(0, Math.ceil((fromMs - openTime) / 1000));
  const end = Math.min(60, Math.floor((toMs - openTime) / 1000));
  if (first >= end) return NO_SECONDS;
  if (first === 0 && end === 60) return ALL_SECONDS;
  return { low: bits(first, Math.min(end, HALF)), high: bits(Math.max(first - HALF, 0), end - HALF) };
}

/** Bits [first, end) of a half. */
function bits(first: number, end: number): number {
  return first < end ? (2 ** end - 2 ** first) | 0 : 0;
}

function countBits(half: number): number {
  let count = 0;
  for (let rest = half; rest !== 0; rest &= rest - 1) count++;
  return count;
}
