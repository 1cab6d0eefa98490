import { describe, expect, it } from 'vitest';
import { splitPoint } from './split.ts';

const UNSPLIT = Number.POSITIVE_INFINITY;
const wish = (fractionOfRemainder: number, elements: number, allowed: number[] = []) => ({
  fractionOfRemainder,
  estimatedInputElements: BigInt(elements),
  allowedSplitPoints: allowed.map(BigInt),
});

describe('splitPoint', () => {
  it.each([
    ['half of what is left', { index: 3, last: UNSPLIT }, wish(0.5, 10), 6],
    ['all but the element at work', { index: 3, last: UNSPLIT }, wish(0, 10), 3],
    ['everything before the first element', { index: -1, last: UNSPLIT }, wish(0, 10), -1],
    ['of what an earlier split has left', { index: 3, last: 7 }, wish(0.5, 10), 5],
    [
      'at the next point allowed, a point being the first element given back',
      { index: 3, last: UNSPLIT },
      wish(0.5, 10, [2, 6, 8, 9]),
      7,
    ],
  ])('keeps %s', (_, progress, desired, expected) => {
    expect(splitPoint(progress, desired)).toBe(expected);
  });

  it.each([
    ['the last element is at work', { index: 9, last: UNSPLIT }, wish(0, 10)],
    ['more has come than the runner said', { index: 12, last: UNSPLIT }, wish(0, 10)],
    ['no point is allowed any more', { index: 3, last: UNSPLIT }, wish(0.5, 10, [2, 4])],
    ['all is to be kept', { index: 3, last: UNSPLIT }, wish(1, 10)],
  ])('gives nothing back where %s', (_, progress, desired) => {
    expect(splitPoint(progress, desired)).toBeUndefined();
  });
});
