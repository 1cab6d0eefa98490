/** Bytes into columns of trades. Whatever is wrong with the bytes ends in a WireFormatError. */
import { isUtf8 } from 'node:buffer';
import { WireFormatError } from '../errors.ts';
import { MAX_EVENT_TIME } from '../primitives.ts';
import type { Trade } from '../trade.ts';
import type { ByteReader } from './bytes.ts';
import {
  type BatchHeader,
  expectEnd,
  ID_LINE,
  ID_SEQ,
  ID_TEXT,
  ID_UUID,
  MAX_SCALE,
  openBatch,
  POW10,
} from './format.ts';
import type { TradeIds } from './ids.ts';

/** Room for rows, to be used again for batch after batch. */
export interface TradeColumns {
  ts: Float64Array;
  seq: Float64Array;
  price: Float64Array;
  size: Float64Array;
}

export function newTradeColumns(rows: number): TradeColumns {
  return {
    ts: new Float64Array(rows),
    seq: new Float64Array(rows),
    price: new Float64Array(rows),
    size: new Float64Array(rows),
  };
}

/** ts, seq, price, size take a byte each at least. */
const MIN_ROW_BYTES = 4;
/** 128 characters of at most 4 bytes. */
const MAX_ID_BYTES = 512;
const utf8 = new TextDecoder();

/** Rows 0 … count − 1 of the columns; columns may be longer. */
export class TradeBatch {
  readonly header: BatchHeader;
  /** `venue:symbol`. */
  readonly key: string;
  readonly count: number;
  /** Decimal places: price = units / 10^priceScale, size = units / 10^sizeScale. */
  readonly priceScale: number;
  readonly sizeScale: number;
  /** ms since the epoch. */
  readonly ts: Float64Array;
  readonly seq: Float64Array;
  /** Integers. */
  readonly priceUnits: Float64Array;
  readonly sizeUnits: Float64Array;
  /** See format.ts. */
  private readonly idKind: number;
  /** False where the source does not tell who crossed the spread: such trades have no buy volume. */
  readonly hasSides: boolean;
  private readonly bytes: Uint8Array;
  private readonly sidesAt: number;
  private readonly idsAt: number;
  /** Where each text id begins; one more for the end. */
  private readonly idOffsets: Uint32Array | null;

  constructor(bytes: Uint8Array, into?: TradeColumns) {
    const { reader, header, key } = openBatch(bytes, 'trades');
    const count = readCount(reader);
    const columns = into ? roomFor(into, count) : newTradeColumns(count);
    this.bytes = bytes;
    this.header = header;
    this.key = key;
    this.count = count;
    this.priceScale = readSmall(reader, MAX_SCALE, 'price scale');
    this.sizeScale = readSmall(reader, MAX_SCALE, 'size scale');
    this.idKind = readSmall(reader, ID_TEXT, 'kind of ids');
    this.hasSides = readSmall(reader, 1, 'presence of sides') === 1;
    this.ts = columns.ts;
    this.seq = columns.seq;
    this.priceUnits = columns.price;
    this.sizeUnits = columns.size;
    reader.sums(count, 0, MAX_EVENT_TIME, this.ts, 'ts');
    reader.sums(count, 0, Number.MAX_SAFE_INTEGER, this.seq, 'seq');
    reader.sums(count, 1, Number.MAX_SAFE_INTEGER, this.priceUnits, 'price');
    reader.positives(count, this.sizeUnits, 'size');
    this.sidesAt = reader.skip(this.hasSides ? (count + 7) >> 3 : 0, 'sides');
    this.idsAt = reader.at;
    this.idOffsets = this.idKind === ID_TEXT ? readIdOffsets(reader, count) : null;
    if (this.idKind === ID_UUID) reader.skip(16 * count, 'ids');
    expectEnd(reader);
  }

  /** False for every row where `hasSides` is. */
  isBuy(row: number): boolean {
    return this.hasSides && this.buyBit(row) === 1;
  }

  /** `isBuy` as 1 or 0, which sums need no branch for: which way one would go, a processor guesses wrong half the time. Only where `hasSides`. */
  buyBit(row: number): number {
    return (this.bytes[this.sidesAt + (row >> 3)]! >> (row & 7)) & 1;
  }

  price(row: number): number {
    return this.priceOf(this.priceUnits[row]!);
  }

  priceOf(units: number): number {
    return units / POW10[this.priceScale]!;
  }

  /** How every id is made of its seq (see encodeTradeColumns), so that another seq is another trade; else null. */
  get seqIds(): 'seq' | 'line' | null {
    if (this.idKind === ID_SEQ) return 'seq';
    return this.idKind === ID_LINE ? 'line' : null;
  }

  size(row: number): number {
    return this.sizeUnits[row]! / POW10[this.sizeScale]!;
  }

  tradeId(row: number): string {
    if (this.idKind === ID_SEQ) return String(this.seq[row]!);
    if (this.idKind === ID_LINE) return `#${this.seq[row]!}`;
    if (this.idKind === ID_UUID) return uuidAt(this.bytes, this.idsAt + 16 * row);
    const start = this.idOffsets![row]!;
    return utf8.decode(this.bytes.subarray(idStart(this.bytes, start), this.idOffsets![row + 1]!));
  }

  /** Ids of some rows, in their order, as encodeTradeColumns takes them. */
  idsOf(rows: readonly number[]): TradeIds {
    if (this.seqIds) return this.seqIds;
    if (this.idKind !== ID_UUID) return rows.map((row) => this.tradeId(row));
    const uuids = new Uint8Array(16 * rows.length);
    rows.forEach((row, i) => {
      const at = this.idsAt + 16 * row;
      uuids.set(this.bytes.subarray(at, at + 16), 16 * i);
    });
    return { uuids };
  }

  /** @throws WireFormatError where the batch has no sides. */
  trade(row: number): Trade {
    if (!this.hasSides) throw new WireFormatError('Expected a batch with sides, got one without.');
    const { venue, symbol } = this.header;
    return {
      venue,
      symbol,
      tradeId: this.tradeId(row),
      seq: this.seq[row]!,
      ts: this.ts[row]!,
      price: this.price(row),
      size: this.size(row),
      side: this.isBuy(row) ? 'BUY' : 'SELL',
    };
  }

  /** 32 bits of a UUID id: different bits mean different ids. Zero for other kinds. */
  idBits(row: number): number {
    if (this.idKind !== ID_UUID) return 0;
    const at = this.idsAt + 16 * row;
    const { bytes } = this;
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }
}

/**
 * @param into Columns to fill instead of new ones; they belong to the batch until the next one is decoded into them.
 * @throws WireFormatError
 */
export function decodeTradeBatch(bytes: Uint8Array, into?: TradeColumns): TradeBatch {
  return new TradeBatch(bytes, into);
}

function roomFor(columns: TradeColumns, rows: number): TradeColumns {
  if (columns.ts.length < rows) Object.assign(columns, newTradeColumns(rows * 2));
  return columns;
}

function readCount(reader: ByteReader): number {
  const count = reader.uint('count');
  if (count * MIN_ROW_BYTES <= reader.left) return count;
  throw new WireFormatError(
    `Expected at most ${Math.floor(reader.left / MIN_ROW_BYTES)} rows in ${reader.left} bytes, got a count of ${count}.`,
  );
}

function readSmall(reader: ByteReader, max: number, what: string): number {
  const value = reader.uint(what);
  if (value <= max) return value;
  throw new WireFormatError(`Expected ${what} of at most ${max}, got ${value}.`);
}

function readIdOffsets(reader: ByteReader, count: number): Uint32Array {
  const offsets = new Uint32Array(count + 1);
  for (let row = 0; row < count; row++) {
    offsets[row] = reader.at;
    const length = reader.uint('length of id');
    if (length === 0 || length > MAX_ID_BYTES) {
      throw new WireFormatError(`Expected an id of 1 to ${MAX_ID_BYTES} bytes, got ${length} in row ${row}.`);
    }
    const start = reader.skip(length, 'id');
    if (!isUtf8(reader.bytes.subarray(start, reader.at))) {
      throw new WireFormatError(`Expected an id in UTF-8, got other bytes in row ${row}.`);
    }
  }
  offsets[count] = reader.at;
  return offsets;
}

/** First byte of a text id after its length, which takes one byte or, from 128 on, two. */
function idStart(bytes: Uint8Array, at: number): number {
  return bytes[at]! < 128 ? at + 1 : at + 2;
}

function uuidAt(bytes: Uint8Array, at: number): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset + at, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
