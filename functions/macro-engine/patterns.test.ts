import { describe, expect, it } from 'vitest';
import { DEFAULT_MACRO_PARAMS } from '../../schemas/macro-params.ts';
import { type Ohlc, patternOf } from './patterns.ts';

const bar = (open: number, high: number, low: number, close: number): Ohlc => ({ open, high, low, close });

/** Twenty bars of range 2 that step by 0.5, so that ATR-14 is 2, up to the close `end`. */
function move(step: -0.5 | 0.5, end: number): Ohlc[] {
  return Array.from({ length: 20 }, (_, i) => {
    const close = end - (19 - i) * step;
    const open = close - step;
    return bar(open, Math.max(open, close) + 0.75, Math.min(open, close) - 0.75, close);
  });
}

const FALL = move(-0.5, 100);
const RISE = move(0.5, 100);
const found = (before: readonly Ohlc[], ...bars: Ohlc[]) =>
  patternOf([...before, ...bars], DEFAULT_MACRO_PARAMS.patterns)?.name ?? null;

describe('a hammer', () => {
  it.each([
    ['of either colour', bar(100, 100.3, 97, 99.2)],
    ['white', bar(99.2, 100.3, 97, 100)],
    ['of the least wick: twice the body', bar(100, 100, 97, 99)],
    ['with the largest other wick: a tenth of the range', bar(99.7, 100, 97, 99.5)],
    ['without a body', bar(100, 100, 97, 100)],
  ])('is seen %s', (_, last) => {
    expect(found(FALL, last)).toBe('hammer');
  });

  it.each([
    ['a wick a hair shorter', bar(100, 100, 97.01, 99)],
    ['another wick a hair longer', bar(99.69, 100, 97, 99.5)],
    ['a range below ATR', bar(100, 100, 98.1, 99.9)],
    ['no range', bar(100, 100, 100, 100)],
  ])('is not seen with %s', (_, last) => {
    expect(found(FALL, last)).toBeNull();
  });

  it('means nothing after a rise, nor after bars that went nowhere', () => {
    expect(found(RISE, bar(100, 100, 97, 100))).toBeNull();
    const flat = FALL.map(() => bar(100, 101, 99, 100));
    expect(found(flat, bar(100, 100, 97, 100))).toBeNull();
  });
});

describe('a shooting star', () => {
  it('is a hammer upside down after a rise', () => {
    expect(found(RISE, bar(100, 103, 99.7, 100.8))).toBe('shooting star');
    expect(found(RISE, bar(100, 103, 100, 101))).toBe('shooting star');
    expect(found(RISE, bar(100, 102.99, 100, 101))).toBeNull();
    expect(found(FALL, bar(100.5, 103, 100, 100))).toBeNull();
  });
});

describe('an engulfing bar', () => {
  it('covers the body before it, of the other colour', () => {
    expect(found(FALL, bar(99.9, 101.5, 99.4, 100.6))).toBe('bullish engulfing');
    expect(found(RISE, bar(100.1, 100.6, 98.5, 99.4))).toBe('bearish engulfing');
  });

  it('may open at the close before, as bars of a market that never sleeps do', () => {
    expect(found(FALL, bar(100, 101.5, 99.4, 100.6))).toBe('bullish engulfing');
    expect(found(RISE, bar(100, 100.6, 98.5, 99.4))).toBe('bearish engulfing');
  });

  it('is longer than what it covers', () => {
    expect(found(FALL, bar(100, 101.5, 99.4, 100.5))).toBeNull();
    expect(found(FALL, bar(100.01, 101.5, 99.4, 100.6))).toBeNull();
  });

  it('is none of the same colour', () => {
    expect(found(FALL, bar(101, 101.5, 99.4, 99.9))).toBeNull();
  });
});

it('is none of a bar without a range, whatever range is asked for', () => {
  const params = { ...DEFAULT_MACRO_PARAMS.patterns, minRange: 0 };
  expect(patternOf([...FALL, bar(100, 100, 100, 100)], params)).toBeNull();
  expect(patternOf([...FALL, bar(100, 100, 99.9, 100)], params)?.name).toBe('hammer');
});

it('is unknown with too few bars', () => {
  expect(found(FALL.slice(-14), bar(100, 100, 97, 100))).toBeNull();
  expect(found(FALL.slice(-15), bar(100, 100, 97, 100))).toBe('hammer');
  expect(found([])).toBeNull();
});
