import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floorTo, HOUR_MS, INTERVAL_MS, INTERVALS, MINUTE_MS } from '../../schemas/primitives.ts';
import { Minutes } from './minutes.ts';

const T0 = Date.UTC(2024, 4, 1, 8);
const trade = fc.record({
  ts: fc.integer({ min: T0, max: T0 + 4 * HOUR_MS - 1 }),
  price: fc.integer({ min: 90, max: 110 }),
  size: fc.integer({ min: 1, max: 5 }),
});

describe('bars that are forming', () => {
  it('are those of all trades of their interval', () => {
    fc.assert(
      fc.property(fc.array(trade, { minLength: 1, maxLength: 60 }), (trades) => {
        const sorted = [...trades].sort((a, b) => a.ts - b.ts);
        const minutes = new Minutes('BTCUSDT');
        for (const { ts, price, size } of sorted) minutes.trade(ts, price, size);
        const last = sorted.at(-1)!;
        const expected = INTERVALS.map((interval) => {
          const openTime = floorTo(last.ts, INTERVAL_MS[interval]);
          const own = sorted.filter(({ ts }) => ts >= openTime);
          const prices = own.map(({ price }) => price);
          return {
            interval,
            openTime,
            open: prices[0],
            close: prices.at(-1),
            high: Math.max(...prices),
            low: Math.min(...prices),
            volume: own.reduce((sum, { size }) => sum + size, 0),
          };
        });
        expect(minutes.forming()).toEqual({
          pair: 'BTCUSDT',
          ts: last.ts,
          price: last.price,
          bars: expected,
        });
      }),
      { seed: 8, numRuns: 200 },
    );
  });

  it('close at the newest trade, not at one that comes late', () => {
    const minutes = new Minutes('BTCUSDT');
    minutes.trade(T0 + 20, 100, 1);
    minutes.trade(T0 + 10, 90, 2);
    expect(minutes.bar('1m')).toMatchObject({ low: 90, close: 100, volume: 3 });
    expect(minutes.price).toBe(100);
  });

  it('take a closed minute as it was published, and no trade of it any more', () => {
    const minutes = new Minutes('BTCUSDT');
    minutes.trade(T0 + 1, 100, 1);
    minutes.closed({ openTime: T0, open: 99, high: 101, low: 98, close: 100.5, volume: 7 });
    minutes.trade(T0 + 2, 500, 1);
    expect(minutes.bar('1m')).toBeNull();
    minutes.trade(T0 + MINUTE_MS, 102, 2);
    const of5m = { interval: '5m', openTime: T0, open: 99, high: 102, low: 98, close: 102, volume: 9 };
    expect(minutes.bar('5m')).toEqual(of5m);
    expect(minutes.bar('1m')).toMatchObject({ openTime: T0 + MINUTE_MS, open: 102, volume: 2 });
  });

  it('end with their last minute', () => {
    const minutes = new Minutes('BTCUSDT');
    const openTime = T0 + 4 * MINUTE_MS;
    minutes.closed({ openTime, open: 1, high: 1, low: 1, close: 1, volume: 1 });
    expect(minutes.forming()!.bars.map(({ interval }) => interval)).toEqual(['15m', '1h', '4h']);
  });

  it('forget what the longest of them no longer holds', () => {
    const minutes = new Minutes('BTCUSDT');
    for (let n = 0; n < 240; n++) minutes.trade(T0 + n * MINUTE_MS, 100, 1);
    expect(minutes.bar('4h')!.volume).toBe(240);
    minutes.trade(T0 + 4 * HOUR_MS, 101, 1);
    minutes.trade(T0, 1, 1);
    expect(minutes.bar('4h')).toMatchObject({ openTime: T0 + 4 * HOUR_MS, low: 101, volume: 1 });
    expect(minutes.price).toBe(101);
  });
});
