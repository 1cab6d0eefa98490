import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalOf, isLess, textOf, toStep } from './decimal.ts';
import type { BracketOrder, Instrument } from './port.ts';
import { quantise, quantisedClose } from './quantise.ts';

const BTC: Instrument = { symbol: 'BTCUSDT', tick: 0.1, lot: 0.001, minSize: 0.001, minNotional: 5 };
const TINY: Instrument = { symbol: 'PEPEUSDT', tick: 1e-7, lot: 100, minSize: 100, minNotional: 5 };

function long(of: Partial<BracketOrder> = {}): BracketOrder {
  const levels = { limit: 65_000.17, tp: 65_500.04, sl: 64_000.06 };
  return {
    clientId: 'a',
    symbol: 'BTCUSDT',
    side: 'LONG',
    size: 0.0129,
    lives: 'now',
    leverage: 5,
    ...levels,
    ...of,
  };
}

describe('decimals', () => {
  it.each([
    [0.1 + 0.2, '0.3'],
    [0.7999999999999999, '0.8'],
    [1e-7, '0.0000001'],
    [1e21, '1000000000000000000000'],
    [65_000, '65000'],
    [0, '0'],
  ])('%d is %s', (value, text) => {
    expect(textOf(decimalOf(value))).toBe(text);
  });

  it.each([
    [0.3, 0.1, 'down', '0.3'],
    [0.1 * 3, 0.1, 'up', '0.3'],
    [1.005, 0.01, 'nearest', '1.01'],
    [1.004, 0.01, 'nearest', '1.00'],
    [0.0129, 0.001, 'down', '0.012'],
    [0.0121, 0.001, 'up', '0.013'],
    [1234, 500, 'down', '1000'],
    [0.00000123, 1e-7, 'up', '0.0000013'],
    [7.3, 0.25, 'nearest', '7.25'],
  ] as const)('%d in steps of %d, %s, is %s', (value, step, side, text) => {
    expect(textOf(toStep(value, step, side))).toBe(text);
  });

  it('leave whole steps as they are, however they were computed', () => {
    const places = fc.integer({ min: 0, max: 7 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000_000 }),
        places,
        fc.constantFrom('down', 'up', 'nearest'),
        (n, k, side) => {
          const step = Number(`1e-${k}`);
          const expected = BigInt(n)
            .toString()
            .padStart(k + 1, '0')
            .replace(new RegExp(`(\\d{${k}})$`), k ? '.$1' : '$1');
          for (const value of [n * step, n / 10 ** k, (n + 1) * step - step]) {
            expect(textOf(toStep(value, step, side as 'down'))).toBe(expected);
          }
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });

  it('are compared by value', () => {
    expect(isLess(decimalOf(0.1), decimalOf(0.10001))).toBe(true);
    expect(isLess(decimalOf(0.1), decimalOf(0.1))).toBe(false);
    expect(isLess(decimalOf(10), decimalOf(9.99))).toBe(false);
  });
});

describe('an order in whole ticks and lots', () => {
  it('is never larger, and its limit never worse', () => {
    expect(quantise(long(), BTC)).toEqual({ size: '0.012', limit: '65000.1', tp: '65500.0', sl: '64000.1' });
    const short = long({ side: 'SHORT', limit: 65_000.11, tp: 64_000.06, sl: 65_500.04 });
    expect(quantise(short, BTC)).toEqual({ size: '0.012', limit: '65000.2', tp: '64000.1', sl: '65500.0' });
  });

  it('of tiny prices has no exponent', () => {
    const order = long({ size: 1_000_050, limit: 0.00001234, tp: 0.000013, sl: 0.0000121 });
    expect(quantise(order, TINY)).toEqual({
      size: '1000000',
      limit: '0.0000123',
      tp: '0.0000130',
      sl: '0.0000121',
    });
  });

  it.each([
    [{ size: 0.0009 }, 'Expected a size of BTCUSDT of at least 0.001 in lots of 0.001, got 0.0009.'],
    [{ size: Number.NaN }, 'Expected a size above 0, got NaN.'],
    [{ size: -1 }, 'Expected a size above 0, got -1.'],
    [{ limit: Number.POSITIVE_INFINITY }, 'Expected a limit above 0, got Infinity.'],
    [{ sl: 0 }, 'Expected a sl above 0, got 0.'],
    [
      { tp: 65_000.12 },
      'Expected the limit of a LONG between its stop loss and its take profit, got limit 65000.1, take profit 65000.1, stop loss 64000.1.',
    ],
    [{ side: 'SHORT' as const }, /^Expected the limit of a SHORT between/],
  ])('%o is refused', (of, reason) => {
    expect(quantise(long(of), BTC)).toEqual({
      refused: reason instanceof RegExp ? expect.stringMatching(reason) : reason,
    });
  });

  it('is refused where it is worth less than the exchange takes, exactly', () => {
    const at = (size: number) =>
      quantise(long({ size, limit: 0.5, tp: 0.6, sl: 0.4 }), { ...BTC, lot: 0.1, minSize: 0.1 });
    expect(at(10)).toMatchObject({ size: '10.0' });
    expect(at(9.99)).toEqual({
      refused: 'Expected an order of BTCUSDT worth at least 5, got 9.9 × 0.5 = 4.95.',
    });
  });

  it('that closes may be worth less', () => {
    const close = { clientId: 'x', symbol: 'BTCUSDT', side: 'LONG', size: 0.0019 } as const;
    expect(quantisedClose(close, { ...BTC, minNotional: 1e9 })).toEqual({ size: '0.001' });
    expect(quantisedClose({ ...close, size: 0.0004 }, BTC)).toHaveProperty('refused');
    expect(quantisedClose({ ...close, size: 0 }, BTC)).toEqual({
      refused: 'Expected a size above 0, got 0.',
    });
  });
});
