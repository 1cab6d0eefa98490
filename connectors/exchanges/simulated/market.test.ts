import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import { INSTRUMENTS, SIMULATED_SYMBOLS } from './instruments.ts';
import { klines } from './klines.ts';
import { type Fill, SimulatedMarket, type SymbolMarket } from './market.ts';
import type { MarketBar } from './market-bar.ts';

const START = Date.UTC(2026, 2, 1);
const HOUR_MS = 60 * MINUTE_MS;

/** The bar that the fills make, added up one by one; null without any. */
function barOf(fills: readonly Fill[]): MarketBar | null {
  if (fills.length === 0) return null;
  const prices = fills.map(({ ticks }) => ticks);
  return {
    open: prices[0]!,
    high: Math.max(...prices),
    low: Math.min(...prices),
    close: prices.at(-1)!,
    lots: fills.reduce((sum, { lots }) => sum + lots, 0),
    turnover: fills.reduce((sum, { ticks, lots }) => sum + ticks * lots, 0),
    trades: fills.length,
  };
}

async function each(check: (market: SymbolMarket) => void | Promise<void>): Promise<void> {
  const market = new SimulatedMarket(1);
  for (const symbol of SIMULATED_SYMBOLS) await check(market.of(symbol));
}

describe('SimulatedMarket', () => {
  it('is the same for the same seed, whatever was asked before, and another for another seed', () => {
    const fills = (seed: number, before: number) => {
      const market = new SimulatedMarket(seed).of('SOLUSDT');
      market.fills(before, before + MINUTE_MS);
      return market.fills(START, START + 5 * MINUTE_MS);
    };
    expect(fills(1, START + 90 * HOUR_MS)).toEqual(fills(1, START - 900 * HOUR_MS));
    expect(fills(2, START)).not.toEqual(fills(1, START));
  });

  it('orders its fills by time and seq, with ids of their own', () =>
    each((market) => {
      const fills = market.fills(START, START + HOUR_MS);
      const isBehind = (a: Fill, b: Fill | undefined) => b !== undefined && (a.ts < b.ts || a.seq < b.seq);
      expect(fills.filter((fill, i) => isBehind(fill, fills[i - 1]))).toEqual([]);
      expect(new Set(fills.map(({ id }) => id)).size).toBe(fills.length);
      const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/;
      const isWhole = (value: number) => Number.isInteger(value) && value > 0;
      const odd = fills.filter(({ id, ticks, lots }) => !(uuid.test(id) && isWhole(ticks) && isWhole(lots)));
      expect(odd).toEqual([]);
    }));

  it('has sweeps: several fills of one order in one millisecond', () => {
    const fills = new SimulatedMarket(1).of('BTCUSDT').fills(START, START + 10 * MINUTE_MS);
    const sweeps = fills.filter((fill, i) => fill.seq === fills[i - 1]?.seq);
    expect(sweeps.length).toBeGreaterThan(50);
    for (const fill of sweeps) expect(fills.find(({ seq }) => seq === fill.seq)?.ts).toBe(fill.ts);
  });

  it('gives each span its own fills, with none twice or missing', () => {
    const market = new SimulatedMarket(1).of('XRPUSDT');
    const whole = market.fills(START, START + 3 * MINUTE_MS);
    const parts: Fill[] = [];
    for (let at = START; at < START + 3 * MINUTE_MS; at += 70) {
      parts.push(...market.fills(at, Math.min(at + 70, START + 3 * MINUTE_MS)));
    }
    expect(parts).toEqual(whole);
  });

  it('falls silent for a minute now and then where few trade', () => {
    const market = new SimulatedMarket(1).of('LTCUSDT');
    const bars = Array.from({ length: 600 }, (_, i) => market.bar(START / MINUTE_MS + i));
    const silent = bars.filter(({ lots }) => lots === 0);
    expect(silent.length).toBeGreaterThan(10);
    for (const { open, high, low, close } of silent) expect(new Set([open, high, low, close]).size).toBe(1);
  });

  it('stays near its base over years', () =>
    each(async (market) => {
      const { price, tick } = market.instrument;
      for (let month = 0; month < 48; month++) {
        const { close } = market.bar(Date.UTC(2022, 1 + month, 1) / MINUTE_MS);
        expect(Math.abs(Math.log((close * tick) / price))).toBeLessThan(0.3);
      }
    }));

  it('knows neither other symbols nor the time before it began', () => {
    const market = new SimulatedMarket(1);
    expect(() => market.of('NOPE')).toThrow('Expected a simulated symbol (BTCUSDT');
    expect(() => market.of('BTCUSDT').fills(0, 1)).toThrow('Expected a time from 2022 on');
  });
});

describe('klines', () => {
  it('are the candles that the trades make: each minute of sampled hours', () =>
    each(async (market) => {
      for (const from of [START, START - 100 * HOUR_MS, START - 1_000 * HOUR_MS]) {
        const bars = await klines(market, 1, from, from + HOUR_MS - 1, from + HOUR_MS);
        expect(bars).toHaveLength(60);
        let close = bars[0]!.close;
        for (const { openTime, ...bar } of bars) {
          const expected = barOf(market.fills(openTime, openTime + MINUTE_MS));
          expect(bar).toEqual(
            expected ?? { open: close, high: close, low: close, close, lots: 0, turnover: 0, trades: 0 },
          );
          close = bar.close;
        }
      }
    }));

  it.each([5, 15, 60, 240])('are the candles that the trades make: %i minutes', (minutes) =>
    each(async (market) => {
      const length = minutes * MINUTE_MS;
      const bars = await klines(market, minutes, START, START + 2 * length - 1, START + 2 * length);
      expect(bars).toHaveLength(2);
      for (const { openTime, ...bar } of bars) {
        expect(bar).toEqual(barOf(market.fills(openTime, openTime + length)));
      }
    }),
  );

  it('end with the unclosed bar of what has traded so far', async () => {
    const market = new SimulatedMarket(1).of('BTCUSDT');
    const now = START + 7 * MINUTE_MS + 12_345;
    const { openTime, ...bar } = (await klines(market, 5, START, now, now)).at(-1)!;
    expect(openTime).toBe(START + 5 * MINUTE_MS);
    expect(bar).toEqual(barOf(market.fills(openTime, now)));
  });
});

describe('the instruments', () => {
  it('have ticks and lots that are powers of ten, as their decimal texts need', () => {
    for (const { tick, lot, sizeDecimals, priceDecimals } of INSTRUMENTS) {
      expect(lot).toBe(Number(`1e-${sizeDecimals}`));
      expect(tick).toBe(Number(`1e${Math.round(Math.log10(tick))}`));
      expect(Number(tick.toFixed(priceDecimals))).toBe(tick);
    }
  });
});
