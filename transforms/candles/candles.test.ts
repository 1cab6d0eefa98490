import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../schemas/candle.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { StampedPart } from '../decode/decode.ts';
import type { MinuteBar, TradePoint } from '../market-data.ts';
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
import { oneSecond } from './second-set.ts';

const MINUTES = 20;
const minute = (candles: readonly Candle[], n: number) =>
  candles.find(({ interval, openTime }) => interval === '1m' && openTime === T0 + n * MINUTE_MS);

function pulse(second: number, healthy: boolean, last: TradePoint | null): StampedPart {
  const ts = T0 + second * 1000;
  const seconds = healthy ? oneSecond(second % 60) : { low: 0, high: 0 };
  return { key: `${VENUE}:${SYMBOL}`, ts, value: { kind: 'pulse', healthy: seconds, last, book: null } };
}

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

interface Market {
  readonly trades: readonly TradeRow[];
  readonly healthy: ReadonlySet<number>;
  readonly told: readonly { openTime: number; last: TradePoint | null }[];
  readonly pulses: readonly StampedPart[];
}

const anyMarket: fc.Arbitrary<Market> = fc
  .record({
    priceScale: fc.integer({ min: 0, max: 4 }),
    sizeScale: fc.integer({ min: 0, max: 4 }),
    idOf: fc.constantFrom<(n: number) => string>(
      String,
      (n) => `#${n}`,
      (n) => `trade ${n}`,
      (n) => `0f8fad5b-d9cb-469f-a165-${String(n).padStart(12, '0')}`,
      (n) => `${String(n).padStart(8, '0')}-d9cb-469f-a165-70867728950e`,
    ),
    rows: fc.array(
      fc.record({
        // Some minutes crowded, some empty; times from a coarse grid, so that many are equal.
        ms: fc.tuple(fc.constantFrom(0, 0, 1, 4, 5, 13, 19), fc.constantFrom(0, 1, 999, 30_000, 59_999)),
        price: fc.integer({ min: 1, max: 9_999 }),
        size: fc.integer({ min: 1, max: 9_999 }),
        side: fc.constantFrom('BUY' as const, 'SELL' as const),
      }),
      { maxLength: 60 },
    ),
    pulses: fc.array(
      fc.record({
        second: fc.integer({ min: 0, max: MINUTES * 60 - 1 }),
        ok: fc.boolean(),
        ago: fc.option(fc.nat(9_000_000)),
      }),
      { maxLength: 40 },
    ),
  })
  .map(({ priceScale, sizeScale, idOf, rows, pulses }) => {
    const trades = rows.map(({ ms: [atMinute, ms], price, size, side }, n) => ({
      tradeId: idOf(n + 1),
      seq: n + 1,
      ts: T0 + atMinute * MINUTE_MS + ms,
      price: Number(`${price}e-${priceScale}`),
      size: Number(`${size}e-${sizeScale}`),
      side,
    }));
    const told = pulses.map(({ second, ago }) => ({
      openTime: T0 + Math.floor(second / 60) * MINUTE_MS,
      // Between the milliseconds that trades fall on, so that no pulse contradicts a trade.
      last: ago === null ? null : { ts: T0 + second * 1000 - ago - 0.5, seq: 0, price: 1 + ago },
    }));
    return {
      trades,
      told,
      healthy: new Set(pulses.filter(({ ok }) => ok).map(({ second }) => T0 + second * 1000)),
      pulses: pulses.map(({ second, ok }, i) => pulse(second, ok, told[i]!.last)),
    };
  });

/** How a market reaches us: in which order, with which copies, cut where. */
const anyDelivery = fc.record({
  seed: fc.array(fc.nat(1_000), { minLength: 120, maxLength: 120 }),
  batchSize: fc.integer({ min: 1, max: 40 }),
  copies: fc.integer({ min: 0, max: 20 }),
  isShuffled: fc.boolean(),
});
type Delivery = typeof anyDelivery extends fc.Arbitrary<infer T> ? T : never;

function delivered(market: Market, { seed, batchSize, copies, isShuffled }: Delivery): StampedPart[] {
  const at = (i: number, length: number): number => seed[i % seed.length]! % length;
  const rows = [...market.trades].sort((a, b) => a.ts - b.ts || a.seq - b.seq);
  for (let i = 0; i < copies && rows.length > 0; i++) {
    const row = rows[at(i, rows.length)]!;
    // A copy from another source may have a later place among its millisecond, never an earlier one.
    const seq = String(row.seq) === row.tradeId.replace('#', '') ? row.seq : row.seq + at(i + 7, 3) * 1_000;
    rows.splice(at(i + 31, rows.length), 0, { ...row, seq });
  }
  if (isShuffled) rows.sort((a, b) => at(a.seq * 7, 997) - at(b.seq * 7, 997));
  const batches: Uint8Array[] = [];
  for (let from = 0; from < rows.length; from += batchSize)
    batches.push(batchOf(rows.slice(from, from + batchSize)));
  if (batches.length > 0) for (let i = 0; i < copies % 3; i++) batches.push(batches[at(i, batches.length)]!);
  const parts = [...partsOf(...batches), ...market.pulses];
  if (parts.length > 0) for (let i = 0; i < copies % 4; i++) parts.push(parts[at(i + 3, parts.length)]!);
  return parts
    .map((part, i) => ({ part, rank: at(i * 3 + 1, 991) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ part }) => part);
}

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
