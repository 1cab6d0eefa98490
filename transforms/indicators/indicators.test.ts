import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, type TestContext } from 'vitest';
import { needRealData } from '../../test/real-data.ts';
import { readRealCandles } from '../real-candles.fixture.ts';
import { atr, lastAtr } from './atr.ts';
import { ema, lastEma } from './ema.ts';
import { lastRsi, rsi } from './rsi.ts';
import { mean } from './sma.ts';

type Row = Record<string, number | string | null>;

function quotes(context: TestContext) {
  const text = readFileSync(needRealData(context, 'indicators/quotes.csv'), 'utf8').trim();
  return text
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(',').map(Number))
    .map(([, , high, low, close]) => ({ high: high!, low: low!, close: close! }));
}

function reference(context: TestContext, name: string): (number | null)[] {
  const rows = JSON.parse(readFileSync(needRealData(context, `indicators/${name}.json`), 'utf8')) as Row[];
  return rows.map((row) => row[name] as number | null);
}

function expectEqual(got: number[], wanted: (number | null)[]): void {
  expect(got.length).toBe(wanted.length);
  expect(got.map(Number.isNaN)).toEqual(wanted.map((value) => value === null));
  for (const [i, value] of wanted.entries()) {
    if (value !== null) expect(Math.abs(got[i]! - value), `bar ${i}`).toBeLessThan(1e-9);
  }
}

describe('502 daily bars with known values', () => {
  it('have the reference EMA-20, null in warm-up', (context) => {
    const closes = quotes(context).map((bar) => bar.close);
    expectEqual(ema(closes, 20), reference(context, 'ema'));
  });

  it('have the reference RSI-14, null in warm-up', (context) => {
    const closes = quotes(context).map((bar) => bar.close);
    expectEqual(rsi(closes, 14), reference(context, 'rsi'));
  });

  it('have the reference ATR-14, null in warm-up', (context) => {
    expectEqual(atr(quotes(context), 14), reference(context, 'atr'));
  });
});

describe('last values', () => {
  it.each([0, 1, 13, 14, 15, 100])('equal the end of the series for %i bars', (length) => {
    const bars = walk(length, 5).map((close) => ({ high: close + 1, low: close - 2, close }));
    const closes = bars.map((bar) => bar.close);
    const end = (values: number[]) => (Number.isNaN(values.at(-1) ?? Number.NaN) ? null : values.at(-1));
    expect(lastEma(closes, 14)).toBe(end(ema(closes, 14)));
    expect(lastRsi(closes, 14)).toBe(end(rsi(closes, 14)));
    expect(lastAtr(bars, 14)).toBe(end(atr(bars, 14)));
  });
});

describe('RSI', () => {
  it('is 50 after a gain and an equal loss', () => {
    expect(lastRsi([10, 11, 10], 2)).toBe(50);
  });

  it('smooths as Wilder does', () => {
    // Seed of two moves: gain 1, loss 0.5; then a gain of 3: gain (1 + 3) / 2 = 2, loss 0.25.
    expect(lastRsi([10, 12, 11, 14], 2)).toBeCloseTo(100 * (2 / 2.25), 12);
  });

  it('is 100 without losses, 0 without gains, and 0 where nothing moves, as in TA-Lib', () => {
    expect(lastRsi([1, 2, 3, 4], 3)).toBe(100);
    expect(lastRsi([4, 3, 2, 1], 3)).toBe(0);
    expect(lastRsi([4, 4, 4, 4], 3)).toBe(0);
  });

  it('of a window of 180 closes is that of all closes to 1e-6 on random walks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (seed) => {
        const closes = walk(1_000, seed);
        const whole = rsi(closes, 7);
        for (let end = 180; end <= closes.length; end += 41) {
          expect(Math.abs(lastRsi(closes.slice(end - 180, end), 7)! - whole[end - 1]!)).toBeLessThan(1e-6);
        }
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it('of a window of 180 closes is that of all closes to 1e-6 on real minutes', async (context) => {
    const closes = (await readRealCandles(context, 'BTCUSDT', '1m')).map((bar) => bar.close);
    const whole = rsi(closes, 7);
    for (let end = 180; end <= closes.length; end += 7) {
      expect(Math.abs(lastRsi(closes.slice(end - 180, end), 7)! - whole[end - 1]!)).toBeLessThan(1e-6);
    }
  });
});

describe('ATR', () => {
  it('counts gaps between bars', () => {
    const bars = [
      { high: 11, low: 9, close: 10 },
      { high: 15, low: 14, close: 14 },
      { high: 14, low: 8, close: 9 },
    ];
    expect(lastAtr(bars, 2)).toBe((5 + 6) / 2);
  });

  it('is 0 where nothing moves', () => {
    expect(
      lastAtr(
        Array.from({ length: 20 }, () => ({ high: 1, low: 1, close: 1 })),
        14,
      ),
    ).toBe(0);
  });
});

describe('mean', () => {
  it('is that of the asked range', () => {
    expect(mean([1, 2, 3, 6])).toBe(3);
    expect(mean([1, 2, 3, 6], 1, 3)).toBe(2.5);
    expect(mean([])).toBeNaN();
  });
});

/** Reproducible random walk of prices in hundredths. */
function walk(length: number, seed: number): number[] {
  let state = seed;
  let price = 10_000;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    price += (state >>> 24) - 128;
    return Math.max(100, price) / 100;
  });
}
