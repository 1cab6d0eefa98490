import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../candle.ts';
import { WireFormatError } from '../errors.ts';
import {
  decodeBarBatch,
  decodeTradeBatch,
  encodeBarBatch,
  encodeTradeBatch,
  readBatchHeader,
} from '../trade-batch.ts';
import { anyRows, of, resealed, row, rowsOf, T0 } from './trade-batch.fixture.ts';

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
