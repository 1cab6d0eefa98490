/**
 * Layout of a batch. Integers are variable-length (7 bits a byte), doubles 8 bytes little-endian.
 *
 *     'C' 'T' 'B' version   crc32 of all that follows (4 bytes LE)   kind
 *     venue, symbol: length + UTF-8      flags: 1 = claim, 2 = last, 4 = sentAt
 *     claim: from, length (ms)           last: ts, seq, price (double)           sentAt: ms
 *     trades: count, priceScale, sizeScale, idKind, hasSides; columns ts, seq, price (differences), size;
 *             sides, 1 bit a row, where there are any; ids
 *     bars:   JSON array of candles in wire form
 *
 * Differences make one flipped bit move every later row, silently; hence the checksum (1 GB/s, next to nothing).
 */
import { crc32 } from 'node:zlib';
import { WireFormatError } from '../errors.ts';
import { MAX_EVENT_TIME, type Venue } from '../primitives.ts';
import { ByteReader, type ByteWriter } from './bytes.ts';
import { type Names, readNames } from './names.ts';

/** The publisher vouches for [fromMs, toMs): the feed was healthy, and every trade of it has been or is being sent. */
export interface Claim {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Newest trade the publisher knew. Price in quote per base. */
export interface KnownTrade {
  readonly ts: number;
  readonly seq: number;
  readonly price: number;
}

export interface BatchHeader {
  readonly kind: 'trades' | 'bars';
  readonly venue: Venue;
  readonly symbol: string;
  readonly claim: Claim | null;
  readonly last: KnownTrade | null;
  /**
   * Market time when it was sent; null where that was before the end of the earliest minute it tells of.
   * Bars that had closed by then did not know it, on whatever engine and however fast it travelled. Unit: ms.
   */
  readonly sentAt: number | null;
}

/** Longest span one batch may vouch for: a day, so that a message makes a bounded number of minutes. */
export const MAX_CLAIM_MS = 86_400_000;
/** Finest decimal place of a price or size. What is finer is rounded. */
export const MAX_SCALE = 12;
/** 10^0 … 10^22 are exact doubles; so integer / POW10[scale] is the double nearest to the decimal. */
export const POW10: readonly number[] = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** How trade ids travel: as their seq, as `#` and their seq, as 16 bytes of a UUID, or as text. */
export const ID_SEQ = 0;
export const ID_LINE = 1;
export const ID_UUID = 2;
export const ID_TEXT = 3;

const MAGIC = [0x43, 0x54, 0x42] as const;
const VERSION = 1;
const KINDS = ['trades', 'bars'] as const;
const CHECKSUM_AT = 4;
const BODY_AT = 8;
const HAS_CLAIM = 1;
const HAS_LAST = 2;
const HAS_SENT_AT = 4;

/** Starts a message; `seal` ends it. */
export function writeHeader(writer: ByteWriter, header: BatchHeader): void {
  const { kind, venue, symbol, claim, last, sentAt } = header;
  writer.at = 0;
  writer.raw(Uint8Array.of(...MAGIC, VERSION, 0, 0, 0, 0));
  writer.uint(KINDS.indexOf(kind));
  writer.text(venue);
  writer.text(symbol);
  writer.uint((claim ? HAS_CLAIM : 0) | (last ? HAS_LAST : 0) | (sentAt === null ? 0 : HAS_SENT_AT));
  if (claim) {
    checkClaim(claim.fromMs, claim.toMs - claim.fromMs);
    writer.uint(claim.fromMs);
    writer.uint(claim.toMs - claim.fromMs);
  }
  if (last) {
    checkLast(last);
    writer.uint(last.ts);
    writer.uint(last.seq);
    writer.double(last.price);
  }
  if (sentAt !== null) {
    checkSentAt(sentAt);
    writer.uint(sentAt);
  }
}

/** The finished message, in bytes of its own. */
export function seal(writer: ByteWriter): Uint8Array {
  const bytes = writer.bytes.slice(0, writer.at);
  new DataView(bytes.buffer).setUint32(CHECKSUM_AT, crc32(bytes.subarray(BODY_AT)), true);
  return bytes;
}

/** Header of a batch, without its rows and without the checksum. @throws WireFormatError */
export function readBatchHeader(bytes: Uint8Array): BatchHeader {
  const reader = new ByteReader(bytes, 0);
  return readHeader(reader, readKind(reader), readNames(reader));
}

/** Kind of a batch, read of its first bytes alone. @throws WireFormatError */
export function readBatchKind(bytes: Uint8Array): BatchHeader['kind'] {
  return readKind(new ByteReader(bytes, 0));
}

/** A batch of this kind whose checksum holds; the reader stands at its rows. `key`: its `venue:symbol`. @throws WireFormatError */
export function openBatch(
  bytes: Uint8Array,
  kind: BatchHeader['kind'],
): { reader: ByteReader; header: BatchHeader; key: string } {
  const reader = new ByteReader(bytes, 0);
  const found = readKind(reader);
  const names = readNames(reader);
  const header = readHeader(reader, found, names);
  if (found !== kind) throw new WireFormatError(`Expected a batch of ${kind}, got ${found}.`);
  checkSum(bytes);
  return { reader, header, key: names.key };
}

/** @throws WireFormatError where bytes are left over. */
export function expectEnd(reader: ByteReader): void {
  if (reader.left > 0) throw new WireFormatError(`Expected the batch to end, got ${reader.left} bytes more.`);
}

function readKind(reader: ByteReader): BatchHeader['kind'] {
  checkMagic(reader);
  const kindByte = reader.uint('kind');
  const kind = KINDS[kindByte];
  if (!kind) throw new WireFormatError(`Expected batch kind 0 (trades) or 1 (bars), got ${kindByte}.`);
  return kind;
}

function checkSum(bytes: Uint8Array): void {
  const at = CHECKSUM_AT;
  const expected =
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  const found = crc32(bytes.subarray(BODY_AT));
  if (found === expected) return;
  throw new WireFormatError(`Expected CRC32 ${hex(expected)}, got ${hex(found)}: the message was damaged.`);
}

/** What follows the names. */
function readHeader(reader: ByteReader, kind: BatchHeader['kind'], { venue, symbol }: Names): BatchHeader {
  const flags = reader.uint('flags');
  if (flags > (HAS_CLAIM | HAS_LAST | HAS_SENT_AT)) {
    throw new WireFormatError(`Expected flags below 8, got ${flags}.`);
  }
  const claim = flags & HAS_CLAIM ? readClaim(reader) : null;
  const last = flags & HAS_LAST ? readLast(reader) : null;
  const sentAt = flags & HAS_SENT_AT ? readSentAt(reader) : null;
  return { kind, venue, symbol, claim, last, sentAt };
}

function checkMagic(reader: ByteReader): void {
  const { bytes } = reader;
  reader.skip(BODY_AT, 'magic, version and checksum');
  if (bytes[0] !== MAGIC[0] || bytes[1] !== MAGIC[1] || bytes[2] !== MAGIC[2]) {
    throw new WireFormatError(`Expected a trade batch (43 54 42 …), got ${hexBytes(bytes.subarray(0, 4))}.`);
  }
  if (bytes[MAGIC.length] !== VERSION) {
    throw new WireFormatError(
      `Expected trade batch version ${VERSION}, got ${bytes[MAGIC.length]}: publisher and reader must be of one release.`,
    );
  }
}

function readClaim(reader: ByteReader): Claim {
  const fromMs = reader.uint('claim start');
  const length = reader.uint('claim length');
  checkClaim(fromMs, length);
  return { fromMs, toMs: fromMs + length };
}

function readLast(reader: ByteReader): KnownTrade {
  const last = {
    ts: reader.uint('last ts'),
    seq: reader.uint('last seq'),
    price: reader.double('last price'),
  };
  checkLast(last);
  return last;
}

function readSentAt(reader: ByteReader): number {
  const sentAt = reader.uint('time of sending');
  checkSentAt(sentAt);
  return sentAt;
}

function checkSentAt(sentAt: number): void {
  if (Number.isSafeInteger(sentAt) && sentAt >= 0 && sentAt <= MAX_EVENT_TIME) return;
  throw new WireFormatError(`Expected a time of sending from 0 to ${MAX_EVENT_TIME} ms, got ${sentAt}.`);
}

function checkClaim(fromMs: number, length: number): void {
  const isFine = Number.isSafeInteger(fromMs) && fromMs >= 0 && fromMs + length <= MAX_EVENT_TIME;
  if (isFine && Number.isSafeInteger(length) && length > 0 && length <= MAX_CLAIM_MS) return;
  throw new WireFormatError(
    `Expected a claim of 1 ms to ${MAX_CLAIM_MS} ms, got ${length} ms from ${fromMs}.`,
  );
}

function checkLast({ ts, seq, price }: KnownTrade): void {
  const isFine =
    Number.isSafeInteger(ts) && ts >= 0 && ts <= MAX_EVENT_TIME && Number.isSafeInteger(seq) && seq >= 0;
  if (isFine && price > 0 && Number.isFinite(price)) return;
  throw new WireFormatError(
    `Expected a last trade with ts, seq ≥ 0 and price > 0, got ts ${ts}, seq ${seq}, price ${price}.`,
  );
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
