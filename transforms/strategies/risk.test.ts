import { describe, expect, it } from 'vitest';
import { SignalParams } from '../../schemas/params.ts';
import { bracketOf, costsOf, coversCosts, isHighAtr, roundPrice } from './risk.ts';

const risk = (known: object = {}) => SignalParams.parse({ risk: known }).risk;

describe('the bracket', () => {
  it.each([
    ['LONG', false, { tp: 60_300, sl: 59_700, leverage: 10 }],
    ['SHORT', false, { tp: 59_700, sl: 60_300, leverage: 10 }],
    ['LONG', true, { tp: 60_300, sl: 59_550, leverage: 5 }],
    ['SHORT', true, { tp: 59_700, sl: 60_450, leverage: 5 }],
    ['LONG', null, { tp: 60_300, sl: 59_700, leverage: 10 }],
  ] as const)('of %s at 60000 with high volatility %s', (side, highAtr, expected) => {
    expect(bracketOf(60_000, side, highAtr, risk())).toEqual(expected);
  });

  it('is rounded to a millionth of the entry', () => {
    expect(bracketOf(0.123457, 'LONG', false, risk())).toEqual({
      tp: 0.1240743,
      sl: 0.1228397,
      leverage: 10,
    });
    expect(bracketOf(1.7532, 'SHORT', false, risk())).toEqual({ tp: 1.744434, sl: 1.761966, leverage: 10 });
  });
});

describe('volatility', () => {
  it.each([
    [2, 1, false],
    [2.001, 1, true],
    [0.2, 0.1, false],
    [1, 0, true],
    [0, 0, false],
    [null, 1, null],
    [5, null, null],
  ])('of ATR %s against baseline %s is high: %s', (atr, baseline, expected) => {
    expect(isHighAtr(atr, baseline, risk())).toBe(expected);
  });
});

describe('costs', () => {
  it('are taker fees both ways, slippage and funding', () => {
    expect(costsOf(risk())).toBeCloseTo(0.0018, 15);
  });

  it.each([
    [0.0019, true],
    [0.0018, true],
    [0.00179, false],
    [0, false],
  ])('are covered by a TP at %d: %s', (takeProfit, covered) => {
    expect(coversCosts(risk({ takeProfit }))).toBe(covered);
  });
});

describe('a price', () => {
  it.each([
    [1_234_567.891, 1_234_568],
    [60_123.456_789, 60_123.46],
    [100.123_456_7, 100.1235],
    [99.123_456_7, 99.123_46],
    [1.234_567_89, 1.234_568],
    [0.1, 0.1],
    [0.123_456_789, 0.123_456_8],
    [0.000_012_345_678_9, 0.000_012_345_68],
  ])('of %d is rounded to %d', (price, expected) => {
    expect(roundPrice(price)).toBe(expected);
  });

  it.each([
    [1_000_000, 99.6, 100],
    [100, 99.999_96, 100],
    [1, 0.999_999_6, 1],
    [0.01, 0.009_999_999_6, 0.01],
    [99.999_999, 99.999_96, 99.999_96],
  ])('beside a reference of %d, %d is rounded to %d', (reference, price, expected) => {
    expect(roundPrice(price, reference)).toBe(expected);
  });

  it('keeps at most 20 decimals', () => {
    expect(roundPrice(1.234e-19)).toBe(1.2e-19);
  });
});
