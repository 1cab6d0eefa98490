import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { divergenceOf } from './divergence.ts';

const params = DEFAULT_PARAMS.champion;
const QUIET = { low: 100, high: 110, rsi: 50 };
interface Point {
  readonly low?: number;
  readonly high?: number;
  readonly rsi?: number;
}

/** Divergence on sixteen bars: quiet ones, but for those given by their age (0 = the last). */
function on(points: Record<number, Point>, bars = 16) {
  const rows = Array.from({ length: bars }, (_, i) => ({ ...QUIET, ...points[bars - 1 - i] }));
  return divergenceOf(
    rows.map(({ low, high }) => ({ open: 105, close: 105, low, high })),
    rows.map((row) => row.rsi),
    params,
  );
}

describe('a bullish divergence', () => {
  const cases: [string, Record<number, Point>, 'BULLISH' | null][] = [
    [
      'a lower low with a higher RSI after one below 30',
      { 5: { low: 95, rsi: 25 }, 0: { low: 94, rsi: 31 } },
      'BULLISH',
    ],
    ['the same with RSI still below 30', { 5: { low: 95, rsi: 25 }, 0: { low: 94, rsi: 25.1 } }, 'BULLISH'],
    ['the bar before as the earlier low', { 1: { low: 95, rsi: 25 }, 0: { low: 94, rsi: 31 } }, 'BULLISH'],
    [
      'the fourteenth bar before as the earlier low',
      { 14: { low: 95, rsi: 25 }, 0: { low: 94, rsi: 31 } },
      'BULLISH',
    ],
    ['the fifteenth, which is out of the span', { 15: { low: 95, rsi: 25 }, 0: { low: 94, rsi: 31 } }, null],
    ['an equal low', { 5: { low: 95, rsi: 25 }, 0: { low: 95, rsi: 31 } }, null],
    ['an equal RSI', { 5: { low: 95, rsi: 25 }, 0: { low: 94, rsi: 25 } }, null],
    ['a lower RSI', { 5: { low: 95, rsi: 25 }, 0: { low: 94, rsi: 24 } }, null],
    ['an earlier RSI of exactly 30', { 5: { low: 95, rsi: 30 }, 0: { low: 94, rsi: 31 } }, null],
    ['an earlier RSI a hair below 30', { 5: { low: 95, rsi: 29.999 }, 0: { low: 94, rsi: 31 } }, 'BULLISH'],
    ['an earlier RSI nobody knows', { 5: { low: 95, rsi: Number.NaN }, 0: { low: 94, rsi: 31 } }, null],
    [
      'two equal lows, of which the later counts',
      { 8: { low: 95, rsi: 25 }, 3: { low: 95, rsi: 35 }, 0: { low: 94, rsi: 34 } },
      null,
    ],
    [
      'two equal lows, the later weak',
      { 8: { low: 95, rsi: 35 }, 3: { low: 95, rsi: 25 }, 0: { low: 94, rsi: 34 } },
      'BULLISH',
    ],
    [
      'a weak RSI at another bar than the lowest',
      { 8: { rsi: 10 }, 3: { low: 95, rsi: 35 }, 0: { low: 94, rsi: 36 } },
      null,
    ],
  ];

  it.each(cases)('on %s: %s', (_what, points, expected) => {
    expect(on(points)).toBe(expected);
  });

  it.each(cases)('turns bearish upside down on %s: %s', (_what, points, expected) => {
    const flipped = Object.fromEntries(
      Object.entries(points).map(([age, { low = 100, rsi = 50 }]) => [
        age,
        { high: 210 - low, rsi: 100 - rsi },
      ]),
    );
    expect(on(flipped)).toBe(expected && 'BEARISH');
  });
});

it('is neither where the last bar engulfs the span and diverges both ways', () => {
  const both = { 9: { high: 115, rsi: 80 }, 5: { low: 95, rsi: 20 }, 0: { low: 94, high: 116, rsi: 50 } };
  expect(on(both)).toBeNull();
});

it('needs as many bars before as it compares with', () => {
  const points = { 5: { low: 95, rsi: 25 }, 0: { low: 94, rsi: 31 } };
  expect(on(points, 15)).toBe('BULLISH');
  expect(on(points, 14)).toBeNull();
  expect(on({}, 0)).toBeNull();
});
