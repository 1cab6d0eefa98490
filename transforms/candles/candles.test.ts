import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../schemas/candle.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { MinuteBar } from '../market-data.ts';
import {
  batchOf,
  candlesOf,
  closeAll,
  minuteBars,
  partsOf,
  SYMBOL,
  T0,
  trade,
  VENUE,
} from './candles.fixture.ts';
import { modelCandles } from './candles.model.ts';
import { closeMinute } from './fill.ts';
import { anyDelivery, anyMarket, delivered, MINUTES, pulse } from './market.fixture.ts';

const minute = (candles: readonly Candle[], n: number) =>
  candles.find(({ interval, openTime }) => interval === '1m' && openTime === T0 + n * MINUTE_MS);

describe('the reference vector', () => {
  const claim = { fromMs: T0, toMs: T0 + 4 * MINUTE_MS };
  const inOrder = [trade(10_000, 100), trade(30_000, 101), trade(70_000, 102), trade(90_000, 103)];
  const late = trade(59_500, 50, 1, { seq: 59_500 });
  const candles = candlesOf(partsOf(batchOf(inOrder, claim), batchOf([late, inOrder[3]!])));

  it('puts the late trade into its own minute and counts the copy once', () => {
    expect(minute(candles, 0)).toMatchObject({
      open: 100,
      high: 101,
      low: 50,
      close: 50,
      volume: 3,
      trades: 3,
    });
    expect(minute(candles, 1)).toMatchObject({ open: 102, high: 103, low: 102, close: 103, volume: 2 });
  });

  it('fills the silent minutes with the last close', () => {
    for (const n of [2, 3]) {
      expect(minute(candles, n)).toMatchObject({
        open: 103,
        low: 103,
        close: 103,
        volume: 0,
        filled: true,
        complete: true,
      });
    }
    expect(minute(candles, 2)?.vwap).toBeNull();
  });

  it('counts as received what came twice', () => {
    const bars = minuteBars(partsOf(batchOf(inOrder, claim), batchOf([late, inOrder[3]!])));
    expect(closeAll(bars, 12).map(({ received }) => received)).toEqual([3, 3, 0, 0]);
  });
});

describe('boundaries', () => {
  it('gives a minute its first millisecond and not its end', () => {
    const candles = candlesOf(partsOf(batchOf([trade(0, 1), trade(59_999, 2), trade(60_000, 3)])));
    expect(minute(candles, 0)).toMatchObject({ open: 1, close: 2, trades: 2 });
    expect(minute(candles, 1)).toMatchObject({ open: 3, trades: 1 });
  });

  it('counts only seconds that lie wholly inside a claim', () => {
    const claimed = (from: number, to: number) =>
      minuteBars(partsOf(batchOf([], { fromMs: T0 + from, toMs: T0 + to }))).map((bar) => bar.healthySeconds);
    expect(claimed(0, 60_000)).toEqual([60]);
    expect(claimed(1, 59_999)).toEqual([58]);
    expect(claimed(29_000, 31_000)).toEqual([2]);
    expect(claimed(59_000, 181_000)).toEqual([1, 60, 60, 1]);
    expect(claimed(500, 1_400)).toEqual([0]);
  });

  it('makes no candle where no price is known, and none of an unheard minute', () => {
    expect(candlesOf(partsOf(batchOf([], { fromMs: T0, toMs: T0 + MINUTE_MS })))).toEqual([]);
    const gap = candlesOf(partsOf(batchOf([trade(0, 5)]), batchOf([trade(3 * MINUTE_MS, 6)])));
    expect([minute(gap, 1), minute(gap, 2)]).toEqual([undefined, undefined]);
  });

  it('fills from what a pulse told where the fill window holds no trade', () => {
    const last = { ts: T0 - 3_600_000, seq: 1, price: 77 };
    const [closed] = closeAll(minuteBars([pulse(0, true, last)]), 12);
    expect(closed).toMatchObject({
      candle: { close: 77, filled: true, coverage: 1 / 60 },
      lastTradeTs: last.ts,
    });
  });

  it('takes of several panes of a minute the one that knows most, in any order', () => {
    const last = (ms: number, price: number) => ({ ts: T0 - ms, seq: 1, price });
    const panes = [1, 2, 3].map((count) => {
      const pulses = [last(30, 7), last(20, 8), last(10, 9)].map((told) => pulse(0, false, told));
      return minuteBars(pulses.slice(0, count))[0]!;
    });
    for (const bars of [panes, panes.toReversed(), [panes[1]!, panes[2]!, panes[0]!]]) {
      expect(closeMinute(bars, T0 + MINUTE_MS, 12)?.candle.close).toBe(9);
    }
  });

  it('ranks a minute with one late trade above the same minute filled', () => {
    const before = Array.from({ length: 500 }, (_, i) => trade(i, 100 + i));
    const claim = { fromMs: T0, toMs: T0 + 2 * MINUTE_MS };
    const filled = minute(candlesOf(partsOf(batchOf(before, claim))), 1);
    const traded = minute(candlesOf(partsOf(batchOf(before, claim), batchOf([trade(70_000, 9)]))), 1);
    expect(filled?.filled).toBe(true);
    expect(traded?.filled).toBe(false);
    expect(traded?.revision).toBeGreaterThan(filled?.revision ?? Number.POSITIVE_INFINITY);
  });
});

/** Counts of copies aside, which copies change. */
const content = (bars: readonly MinuteBar[]) => bars.map(({ received, evidence, ...bar }) => bar);

describe('the same trades', () => {
  it('give the candles of the oracle, for any order, grouping and number of copies', () => {
    fc.assert(
      fc.property(anyMarket, anyDelivery, (market, delivery) => {
        const span = { fromMs: T0, toMs: T0 + MINUTES * MINUTE_MS, lookback: 12 };
        const expected = modelCandles({ venue: VENUE, symbol: SYMBOL, ...market, ...span });
        expect(candlesOf(delivered(market, delivery))).toEqual(expected);
      }),
      { seed: 1, numRuns: 600 },
    );
  });

  it('count once where a copy with a later seq meets its trade across a run that lies between', () => {
    const first = [trade(10, 5, 1, { tradeId: 'x', seq: 1 })];
    const second = [trade(10, 5, 1, { tradeId: 'y', seq: 2 }), trade(20, 5, 1, { tradeId: 'z', seq: 3 })];
    const third = [trade(10, 5, 1, { tradeId: 'w', seq: 4 }), trade(10, 5, 1, { tradeId: 'x', seq: 5 })];
    const [bar] = minuteBars(partsOf(...[first, second, third].map((rows) => batchOf(rows))));
    expect(bar).toMatchObject({ traded: { trades: 4, volume: 4 }, received: 5 });
  });

  it('give the same bar where an engine ships its bytes as a BSON Binary', () => {
    const overlapping = [trade(1, 5), trade(2, 6)].map((first) => batchOf([first, trade(9, 7)]));
    const shipped = partsOf(...overlapping).map((part) =>
      part.value.kind === 'trades'
        ? {
            ...part,
            value: { ...part.value, payload: { buffer: part.value.payload } as unknown as Uint8Array },
          }
        : part,
    );
    expect(minuteBars(shipped)).toEqual(minuteBars(partsOf(...overlapping)));
  });

  it('give the same bars and closed minutes, for any order, grouping and number of copies', () => {
    fc.assert(
      fc.property(anyMarket, anyDelivery, anyDelivery, (market, one, other) => {
        const [a, b] = [minuteBars(delivered(market, one)), minuteBars(delivered(market, other))];
        expect(content(a)).toEqual(content(b));
        const closed = (bars: MinuteBar[]) => closeAll(bars, 12).map(({ received, ...rest }) => rest);
        expect(closed(a)).toEqual(closed(b));
      }),
      { seed: 2, numRuns: 400 },
    );
  });
});
