import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import {
  bullishengulfingpattern,
  bullishhammerstick,
  ema,
  hammerpatternunconfirmed,
  rsi,
} from 'technicalindicators';
import { describe, expect, it, type TestContext } from 'vitest';
import { needRealData } from '../../test/real-data.ts';
import { ema as ownEma } from '../../transforms/indicators/ema.ts';
import { lastRsi } from '../../transforms/indicators/rsi.ts';
import { readRealCandles } from '../../transforms/real-candles.fixture.ts';

type Row = Record<string, number | null>;

/** Daily closes, and the values a reference gives for them after its warm-up. */
function reference(context: TestContext, name: 'ema' | 'rsi') {
  const lines = readFileSync(needRealData(context, 'indicators/quotes.csv'), 'utf8').trim().split(/\r?\n/);
  const closes = lines.slice(1).map((line) => Number(line.split(',')[4]));
  const rows = JSON.parse(readFileSync(needRealData(context, `indicators/${name}.json`), 'utf8')) as Row[];
  return { closes, wanted: rows.map((row) => row[name]).filter((value) => typeof value === 'number') };
}

function largestGap(got: readonly number[], wanted: readonly number[]): number {
  expect(got.length).toBe(wanted.length);
  return Math.max(...got.map((value, i) => Math.abs(value - wanted[i]!)));
}

describe('EMA of the library, which the engine uses', () => {
  it('has the reference values', (context) => {
    const { closes, wanted } = reference(context, 'ema');
    expect(largestGap(ema({ values: closes, period: 20 }), wanted)).toBeLessThan(1e-9);
  });

  it('is our own, of prices and of volumes that may be 0', () => {
    const values = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1e9 })), { maxLength: 120 });
    fc.assert(
      fc.property(values, fc.constantFrom(2, 20, 50), (hundredths, period) => {
        const numbers = hundredths.map((value) => value / 100);
        const wanted = ownEma(numbers, period).filter((value) => !Number.isNaN(value));
        const scale = Math.max(1, ...numbers);
        const got = ema({ values: numbers, period });
        expect(got.length).toBe(wanted.length);
        for (const [i, value] of got.entries())
          expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-9 * scale);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('leaves its input as it is', () => {
    const values = Array.from({ length: 30 }, (_, i) => i);
    ema({ values, period: 20 });
    expect(values).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });
});

/** Each is why something of the library is not used; where one no longer holds, look again. */
describe('what the library gets wrong', () => {
  it('rounds RSI to two decimals', (context) => {
    const { closes, wanted } = reference(context, 'rsi');
    const gap = largestGap(rsi({ values: closes, period: 14 }), wanted);
    expect(gap).toBeGreaterThan(0.001);
    expect(gap).toBeLessThan(0.0051);
    expect(lastRsi(closes, 14)).toBeCloseTo(wanted.at(-1)!, 9);
  });

  it('calls a market that does not move the strongest rise', () => {
    expect(rsi({ values: [4, 4, 4, 4], period: 3 })).toEqual([100]);
  });

  it('loses the start of an EMA whose first mean is 0', () => {
    // The mean of −1, 0, 1 is 0, then comes 3.
    expect(ema({ values: [-1, 0, 1, 3], period: 3 })).toEqual([0.5, 1.75]);
    expect(ownEma([-1, 0, 1, 3], 3).slice(2)).toEqual([0, 1.5]);
  });

  it('takes a body longer than its wick for a hammer', () => {
    expect(bullishhammerstick(ohlc([96, 100, 93, 100]))).toBe(true);
  });

  it('takes an inverted hammer for a hammer', () => {
    const fall = [104, 103, 102, 101].map((close) => [close + 1, close + 1, close, close] as const);
    expect(hammerpatternunconfirmed(ohlc(...fall, [100, 104, 100, 101]))).toBe(true);
  });

  it('sees no engulfing bar that opens at the close before', () => {
    expect(bullishengulfingpattern(ohlc([101, 101, 99, 100], [100, 103, 100, 103]))).toBe(false);
    expect(bullishengulfingpattern(ohlc([101, 101, 99, 100], [99.9, 103, 99.9, 103]))).toBe(true);
  });

  it('finds hammers in three of ten real 5m bars, and no engulfing one', async (context) => {
    const bars = await readRealCandles(context, 'BTCUSDT', '5m');
    let hammers = 0;
    let engulfing = 0;
    for (let end = 5; end <= bars.length; end++) {
      const five = bars
        .slice(end - 5, end)
        .map(({ open, high, low, close }) => [open, high, low, close] as const);
      if (hammerpatternunconfirmed(ohlc(...five))) hammers++;
      if (bullishengulfingpattern(ohlc(...five))) engulfing++;
    }
    expect(hammers / bars.length).toBeGreaterThan(0.25);
    expect(engulfing).toBe(0);
  });
});

function ohlc(...bars: readonly (readonly [number, number, number, number])[]) {
  const column = (i: 0 | 1 | 2 | 3) => bars.map((bar) => bar[i]);
  return { open: column(0), high: column(1), low: column(2), close: column(3) };
}
