/** Trades into bytes: rows for the relay, columns for a replay that has millions of them. */
import { WireFormatError } from '../errors.ts';
import { MAX_EVENT_TIME, type Venue } from '../primitives.ts';
import type { Trade } from '../trade.ts';
import { ByteWriter, writeDifference } from './bytes.ts';
import { type Claim, type KnownTrade, seal, writeHeader } from './format.ts';
import { type TradeIds, writeIds } from './ids.ts';
import { toUnits } from './scale.ts';

export type TradeRow = Pick<Trade, 'tradeId' | 'seq' | 'ts' | 'price' | 'size' | 'side'>;

interface BatchOf {
  readonly venue: Venue;
  readonly symbol: string;
  readonly claim: Claim | null;
  readonly last: KnownTrade | null;
  /** See BatchHeader; null where left out. */
  readonly sentAt?: number | null;
}

export interface TradeBatchInput extends BatchOf {
  readonly trades: readonly TradeRow[];
}

/** Rows [from, to) of columns of any length. Times in ms, price in quote per base, size in base. */
export interface TradeColumnsInput extends BatchOf {
  readonly from: number;
  readonly to: number;
  readonly ts: ArrayLike<number>;
  readonly seq: ArrayLike<number>;
  readonly price: ArrayLike<number>;
  readonly size: ArrayLike<number>;
  /** 1 where the taker bought, 0 where it sold; null where the source does not tell. */
  readonly buy: ArrayLike<number | boolean> | null;
  readonly ids: TradeIds;
}

/** Longest difference and longest size. */
const MAX_BYTES = 9;

const writer = new ByteWriter();
let units = new Float64Array(4096);

/** @throws WireFormatError where a trade is not what the schema Trade says, naming its row. */
export function encodeTradeBatch(input: TradeBatchInput): Uint8Array {
  const { trades, ...batch } = input;
  return encodeTradeColumns({
    ...batch,
    from: 0,
    to: trades.length,
    ts: trades.map((trade) => trade.ts),
    seq: trades.map((trade) => trade.seq),
    price: trades.map((trade) => trade.price),
    size: trades.map((trade) => trade.size),
    buy: trades.map((trade) => trade.side === 'BUY'),
    ids: trades.map((trade) => trade.tradeId),
  });
}

/**
 * Prices and sizes are kept exactly where 12 decimals and 2^53 hold them, else rounded (see scale.ts).
 * @throws WireFormatError where a row holds no trade, naming it.
 */
export function encodeTradeColumns(input: TradeColumnsInput): Uint8Array {
  const { from, to } = input;
  const count = to - from;
  if (units.length < count) units = new Float64Array(count * 2);
  writeHeader(writer, { ...input, kind: 'trades', sentAt: input.sentAt ?? null });
  writer.uint(count);
  const scalesAt = writer.at;
  // Scales and kind of ids are known once their columns are written.
  writer.raw(Uint8Array.of(0, 0, 0, input.buy ? 1 : 0));
  writeSums(input.ts, from, to, MAX_EVENT_TIME, 'ts');
  writeSums(input.seq, from, to, Number.MAX_SAFE_INTEGER, 'seq');
  writer.bytes[scalesAt] = toUnits(input.price, from, to, units, 'price');
  writeSums(units, 0, count, Number.MAX_SAFE_INTEGER, 'price');
  writer.bytes[scalesAt + 1] = toUnits(input.size, from, to, units, 'size');
  for (let row = 0; row < count; row++) writer.uint(units[row]!);
  if (input.buy) writeSides(input.buy, from, to);
  const idKind = writeIds(writer, input.ids, input.seq, from, to);
  writer.bytes[scalesAt + 2] = idKind;
  return seal(writer);
}

function writeSums(values: ArrayLike<number>, from: number, to: number, max: number, what: string): void {
  writer.reserve((to - from) * MAX_BYTES);
  const { bytes } = writer;
  let { at } = writer;
  let before = 0;
  for (let row = from; row < to; row++) {
    const value = values[row]!;
    if (!(value >= 0 && value <= max && Number.isInteger(value))) {
      throw new WireFormatError(`Expected ${what} an integer in [0, ${max}], got ${value} in row ${row}.`);
    }
    at = writeDifference(bytes, at, value - before);
    before = value;
  }
  writer.at = at;
}

function writeSides(buy: ArrayLike<number | boolean>, from: number, to: number): void {
  const length = (to - from + 7) >> 3;
  writer.reserve(length);
  writer.bytes.fill(0, writer.at, writer.at + length);
  for (let row = from; row < to; row++) {
    const bit = row - from;
    if (buy[row]) writer.bytes[writer.at + (bit >> 3)]! |= 1 << (bit & 7);
  }
  writer.at += length;
}
