import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireFormatError } from '../errors.ts';
import {
  decodeTradeBatch,
  encodeTradeBatch,
  encodeTradeColumns,
  newTradeColumns,
  readBatchHeader,
} from '../trade-batch.ts';
import { anyRows, of, row, rowsOf, T0 } from './trade-batch.fixture.ts';

describe('a trade batch', () => {
  it('gives back what went in', () => {
    const claim = { fromMs: T0, toMs: T0 + 3_600_000 };
    const last = { ts: T0 - 5, seq: 6, price: 36160.85 };
    const trades = [row(), row({ tradeId: 'b', seq: 8, price: 36161, size: 2, side: 'SELL' })];
    const sentAt = T0 + 3_600_042;
    const bytes = encodeTradeBatch({ ...of(trades), claim, last, sentAt });
    expect(readBatchHeader(bytes)).toEqual({
      kind: 'trades',
      venue: 'bybit',
      symbol: 'BTCUSDT',
      claim,
      last,
      sentAt,
    });
    expect(rowsOf(bytes)).toEqual(trades);
  });

  it('gives back any trades, with any kind of id', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        expect(rowsOf(encodeTradeBatch(of(rows)))).toEqual(rows);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is as small as its numbers: about 5 bytes a trade with numeric ids, 16 more with UUIDs', () => {
    const trades = Array.from({ length: 1000 }, (_, i) =>
      row({ seq: 1e9 + i, tradeId: String(1e9 + i), ts: T0 + i * 40, price: (361609 + (i % 7)) / 10 }),
    );
    expect(encodeTradeBatch(of(trades)).length).toBeLessThan(5_300);
    const withUuids = trades.map((trade, i) => ({
      ...trade,
      tradeId: `0f8fad5b-d9cb-469f-a165-${String(i).padStart(12, '0')}`,
    }));
    expect(encodeTradeBatch(of(withUuids)).length).toBeLessThan(21_300);
  });

  it('gives back more trades than fit its first buffer', () => {
    const uuid = (i: number) => `0f8fad5b-d9cb-469f-a165-${String(i).padStart(12, '0')}`;
    for (const idOf of [String, uuid, (i: number) => `trade ${i}`]) {
      const trades = Array.from({ length: 30_000 }, (_, i) => row({ seq: i, tradeId: idOf(i), ts: T0 + i }));
      expect(rowsOf(encodeTradeBatch(of(trades)))).toEqual(trades);
    }
  });

  it('takes columns as it takes rows', () => {
    const rows = Array.from({ length: 50 }, (_, i) =>
      row({ seq: i, tradeId: `#${i}`, ts: T0 + i, size: i + 0.5 }),
    );
    const bytes = encodeTradeColumns({
      venue: 'bybit',
      symbol: 'BTCUSDT',
      claim: null,
      last: null,
      from: 10,
      to: 20,
      ts: Float64Array.from(rows, (trade) => trade.ts),
      seq: Float64Array.from(rows, (trade) => trade.seq),
      price: Float64Array.from(rows, (trade) => trade.price),
      size: Float64Array.from(rows, (trade) => trade.size),
      buy: Uint8Array.from(rows, () => 1),
      ids: 'line',
    });
    expect(rowsOf(bytes)).toEqual(rows.slice(10, 20));
  });

  it('tells that sides are unknown instead of making them up', () => {
    const one = { ts: [T0], seq: [1], price: [5], size: [2], buy: null, ids: 'line' as const };
    const batch = decodeTradeBatch(
      encodeTradeColumns({
        venue: 'bybit',
        symbol: 'BTCUSDT',
        claim: null,
        last: null,
        from: 0,
        to: 1,
        ...one,
      }),
    );
    expect(batch.hasSides).toBe(false);
    expect([batch.count, batch.isBuy(0), batch.tradeId(0)]).toEqual([1, false, '#1']);
    expect(() => batch.trade(0)).toThrow(/batch with sides/);
  });

  it('decodes into columns that are used again', () => {
    const into = newTradeColumns(1);
    decodeTradeBatch(encodeTradeBatch(of([row(), row({ price: 5 })])), into);
    const batch = decodeTradeBatch(encodeTradeBatch(of([row({ price: 4.25 })])), into);
    expect(batch.count).toBe(1);
    expect(batch.price(0)).toBe(4.25);
  });

  it('keeps whole numbers up to 2^53, and rounds what is finer than 12 decimals or 15 digits', () => {
    const exact = row({ price: 9007199254740991, size: 1e-12 });
    expect(rowsOf(encodeTradeBatch(of([exact])))).toEqual([exact]);
    const noisy = [row({ price: 0.1 + 0.2 }), row({ price: 36161.100000000006 })];
    expect(rowsOf(encodeTradeBatch(of(noisy))).map(({ price }) => price)).toEqual([0.3, 36161.1]);
  });

  it('rounds a value to the same whatever it travels with', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), { minLength: 1 }), (prices) => {
        const alone = prices.flatMap((price) => rowsOf(encodeTradeBatch(of([row({ price })]))));
        expect(rowsOf(encodeTradeBatch(of(prices.map((price) => row({ price })))))).toEqual(alone);
      }),
      { seed: 1 },
    );
  });

  it('refuses values too far apart for one scale', () => {
    const apart = [row({ size: 1e-8 }), row({ size: 1e9 })];
    expect(() => encodeTradeBatch(of(apart))).toThrow(/batch of its own/);
  });

  it.each([
    [{ price: 0 }, 'price'],
    [{ price: Number.NaN }, 'price'],
    [{ price: Number.POSITIVE_INFINITY }, 'price'],
    [{ size: -1 }, 'size'],
    [{ size: 1e-13 }, 'size'],
    [{ ts: -1 }, 'ts'],
    [{ ts: Date.UTC(9999, 0, 1) }, 'ts'],
    [{ ts: 1.5 }, 'ts'],
    [{ seq: 2 ** 53 }, 'seq'],
    [{ tradeId: '' }, 'trade id'],
    [{ tradeId: 'x'.repeat(129) }, 'trade id'],
  ])('refuses to hold a trade with %o', (change, name) => {
    expect(() => encodeTradeBatch(of([row(), row(change)]))).toThrow(WireFormatError);
    expect(() => encodeTradeBatch(of([row(), row(change)]))).toThrow(name);
  });

  it('refuses a claim that is empty or longer than a day', () => {
    for (const length of [0, -1, 86_400_001]) {
      const claim = { fromMs: T0, toMs: T0 + length };
      expect(() => encodeTradeBatch({ ...of([]), claim })).toThrow(/claim of 1 ms/);
    }
  });
});
