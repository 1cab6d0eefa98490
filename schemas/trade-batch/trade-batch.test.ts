import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../candle.ts';
import { WireFormatError } from '../errors.ts';
import { Trade } from '../trade.ts';
import {
  decodeBarBatch,
  decodeTradeBatch,
  encodeBarBatch,
  encodeTradeBatch,
  encodeTradeColumns,
  newTradeColumns,
  readBatchHeader,
  type TradeRow,
} from '../trade-batch.ts';

const T0 = Date.UTC(2024, 0, 1);
const of = (trades: readonly TradeRow[]) => ({
  venue: 'bybit' as const,
  symbol: 'BTCUSDT',
  claim: null,
  last: null,
  trades,
});
const row = (change: Partial<TradeRow> = {}): TradeRow => ({
  tradeId: '7',
  seq: 7,
  ts: T0,
  price: 36160.9,
  size: 0.001,
  side: 'BUY',
  ...change,
});
const rowsOf = (bytes: Uint8Array): TradeRow[] => {
  const batch = decodeTradeBatch(bytes);
  return Array.from({ length: batch.count }, (_, i) => {
    const { venue, symbol, ...trade } = Trade.parse(batch.trade(i));
    return trade;
  });
};

const decimal = (maxDigits: number) =>
  fc
    .tuple(fc.integer({ min: 1, max: 10 ** maxDigits - 1 }), fc.integer({ min: 0, max: 8 }))
    .map(([units, scale]) => Number(`${units}e-${scale}`));
const anyRow = (tradeId: fc.Arbitrary<string>) =>
  fc.record({
    tradeId,
    seq: fc.oneof(fc.integer({ min: 0, max: 1e6 }), fc.maxSafeNat()),
    ts: fc.oneof(fc.integer({ min: T0, max: T0 + 1e6 }), fc.integer({ min: 0, max: 8.64e15 })),
    price: decimal(7),
    size: decimal(7),
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
  });
const anyRows = fc.oneof(
  fc.array(anyRow(fc.uuid())),
  fc.array(anyRow(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }))),
  fc.array(anyRow(fc.constant('')).map((trade) => ({ ...trade, tradeId: String(trade.seq) }))),
  fc.array(anyRow(fc.constant('')).map((trade) => ({ ...trade, tradeId: `#${trade.seq}` }))),
);

/** Puts the right checksum on changed bytes, so that the change reaches the reader behind it. */
function resealed(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  if (copy.length >= 8) new DataView(copy.buffer).setUint32(4, crc32(copy.subarray(8)), true);
  return copy;
}

describe('a trade batch', () => {
  it('gives back what went in', () => {
    const claim = { fromMs: T0, toMs: T0 + 3_600_000 };
    const last = { ts: T0 - 5, seq: 6, price: 36160.85 };
    const trades = [row(), row({ tradeId: 'b', seq: 8, price: 36161, size: 2, side: 'SELL' })];
    const bytes = encodeTradeBatch({ ...of(trades), claim, last });
    expect(readBatchHeader(bytes)).toEqual({
      kind: 'trades',
      venue: 'bybit',
      symbol: 'BTCUSDT',
      claim,
      last,
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
        ...{ venue: 'bybit', symbol: 'BTCUSDT', claim: null, last: null, from: 0, to: 1 },
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
    [{ ts: 8.64e15 + 2 }, 'ts'],
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

describe('bytes that are no batch', () => {
  const good = encodeTradeBatch({
    ...of([row(), row({ tradeId: 'x', seq: 9 })]),
    claim: { fromMs: T0, toMs: T0 + 1000 },
    last: { ts: T0, seq: 1, price: 1 },
  });
  const changed = (at: number, value: number): Uint8Array => {
    const copy = good.slice();
    copy[at] = value;
    return copy;
  };

  it.each([
    ['nothing', new Uint8Array(), /magic, version and checksum/],
    ['JSON', new TextEncoder().encode('{"price":1,"size":2}'), /43 54 42 …\), got 7b 22 70 72/],
    ['another version', changed(3, 2), /version 1, got 2/],
    ['another kind', changed(8, 9), /kind 0 \(trades\) or 1 \(bars\), got 9/],
    ['a flipped bit', changed(good.length - 3, good.at(-3)! ^ 4), /CRC32 .* damaged/],
    ['bytes behind the end', resealed(Uint8Array.of(...good, 0)), /to end, got 1 bytes more/],
  ])('are refused with what was expected and what came: %s', (_, bytes, message) => {
    expect(() => decodeTradeBatch(bytes)).toThrow(WireFormatError);
    expect(() => decodeTradeBatch(bytes)).toThrow(message);
  });

  it('are refused wherever they are cut off', () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => decodeTradeBatch(resealed(good.subarray(0, length)))).toThrow(WireFormatError);
    }
  });

  it('do not make room for rows that cannot be there', () => {
    const empty = encodeTradeBatch(of([]));
    const countAt = empty.length - 5;
    const absurd = resealed(
      Uint8Array.of(...empty.subarray(0, countAt), 255, 255, 255, 255, 15, ...empty.subarray(countAt + 1)),
    );
    expect(() => decodeTradeBatch(absurd)).toThrow(/at most 1 rows in 4 bytes, got a count of 4294967295/);
  });

  it('either decode to valid trades or are refused, whatever was changed', () => {
    const change = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    const cut = fc.integer({ min: -40, max: 40 });
    fc.assert(
      fc.property(anyRows, change, cut, (rows, changes, length) => {
        const bytes = encodeTradeBatch(of(rows));
        const cutAt = length < 0 ? Math.max(9, bytes.length + length) : bytes.length;
        const copy = bytes.slice(0, cutAt);
        for (const [at, value] of changes) copy[9 + (at % (copy.length - 8))] = value;
        try {
          const claimed = rowsOf(resealed(copy));
          expect(claimed.length).toBeLessThan(bytes.length);
        } catch (thrown) {
          if (!(thrown instanceof WireFormatError)) throw thrown;
        }
      }),
      { seed: 1, numRuns: 3000 },
    );
  });
});

describe('a bar batch', () => {
  const candle: Candle = {
    id: `bybit:BTCUSDT:1m:${T0}:61`,
    venue: 'bybit',
    symbol: 'BTCUSDT',
    interval: '1m',
    openTime: T0,
    open: 1,
    high: 2,
    low: 0.5,
    close: 1.5,
    volume: 10,
    turnover: null,
    buyVolume: null,
    trades: null,
    vwap: null,
    coverage: 1,
    filled: false,
    complete: true,
    revision: 61,
  };

  it('gives back its candles', () => {
    const bytes = encodeBarBatch({ venue: 'bybit', symbol: 'BTCUSDT', candles: [candle] });
    expect(decodeBarBatch(bytes).candles).toEqual([candle]);
    expect(readBatchHeader(bytes).kind).toBe('bars');
    expect(() => decodeTradeBatch(bytes)).toThrow(/batch of trades, got bars/);
  });

  it('refuses candles of another instrument, and what is no candle', () => {
    const strange = encodeBarBatch({ venue: 'bybit', symbol: 'ETHUSDT', candles: [candle] });
    expect(() => decodeBarBatch(strange)).toThrow(/bybit:ETHUSDT, got one of bybit:BTCUSDT/);
    const bytes = encodeBarBatch({ venue: 'bybit', symbol: 'BTCUSDT', candles: [candle] });
    for (let cut = 1; cut < 40; cut++) {
      expect(() => decodeBarBatch(resealed(bytes.subarray(0, bytes.length - cut)))).toThrow(WireFormatError);
    }
  });
});
