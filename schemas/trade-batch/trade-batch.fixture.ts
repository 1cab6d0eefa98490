/** Trades and batches for tests of the codec. */
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { MAX_EVENT_TIME } from '../primitives.ts';
import { Trade } from '../trade.ts';
import { decodeTradeBatch, type TradeRow } from '../trade-batch.ts';

export const T0 = Date.UTC(2024, 0, 1);
export const of = (trades: readonly TradeRow[]) => ({
  venue: 'bybit' as const,
  symbol: 'BTCUSDT',
  claim: null,
  last: null,
  trades,
});
export const row = (change: Partial<TradeRow> = {}): TradeRow => ({
  tradeId: '7',
  seq: 7,
  ts: T0,
  price: 36160.9,
  size: 0.001,
  side: 'BUY',
  ...change,
});
export const rowsOf = (bytes: Uint8Array): TradeRow[] => {
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
    ts: fc.oneof(fc.integer({ min: T0, max: T0 + 1e6 }), fc.integer({ min: 0, max: MAX_EVENT_TIME })),
    price: decimal(7),
    size: decimal(7),
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
  });
export const anyRows = fc.oneof(
  fc.array(anyRow(fc.uuid())),
  fc.array(anyRow(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }))),
  fc.array(anyRow(fc.constant('')).map((trade) => ({ ...trade, tradeId: String(trade.seq) }))),
  fc.array(anyRow(fc.constant('')).map((trade) => ({ ...trade, tradeId: `#${trade.seq}` }))),
);

/** Puts the right checksum on changed bytes, so that the change reaches the reader behind it. */
export function resealed(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  if (copy.length >= 8) new DataView(copy.buffer).setUint32(4, crc32(copy.subarray(8)), true);
  return copy;
}
