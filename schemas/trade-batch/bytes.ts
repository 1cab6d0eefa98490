/** Bytes out and in: variable-length integers up to 2^53 − 1, short strings, doubles. */
import { WireFormatError } from '../errors.ts';

/** 8 × 7 bits hold 2^53; a longer integer is garbage. */
const MAX_VARINT_FACTOR = 2 ** 56;
const utf8 = new TextEncoder();
const utf8Reader = new TextDecoder('utf-8', { fatal: true });
/** Where a double is put together: a view of each message's bytes would cost more than the double. */
const double = new DataView(new ArrayBuffer(8));

/** Grows as needed; one instance may be reused for many messages. */
export class ByteWriter {
  bytes = new Uint8Array(4096);
  at = 0;

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count));
    grown.set(this.bytes);
    this.bytes = grown;
  }

  /** Appends an integer in [0, 2^53): 7 bits a byte, lowest first, top bit set on all but the last. */
  uint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= 128) {
      const next = Math.floor(rest / 128);
      this.bytes[this.at++] = 128 | (rest - next * 128);
      rest = next;
    }
    this.bytes[this.at++] = rest;
  }

  raw(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.at);
    this.at += source.length;
  }

  text(value: string): void {
    const start = this.at;
    this.uint(value.length);
    this.reserve(value.length);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 128) {
        this.at = start;
        this.longText(value);
        return;
      }
      this.bytes[this.at++] = code;
    }
  }

  private longText(value: string): void {
    const encoded = utf8.encode(value);
    this.uint(encoded.length);
    this.raw(encoded);
  }

  double(value: number): void {
    this.reserve(8);
    new DataView(this.bytes.buffer).setFloat64(this.at, value, true);
    this.at += 8;
  }
}

/** Reads what ByteWriter wrote. Every method throws WireFormatError where the bytes end too early. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Position before the next `count` bytes, which are skipped. */
  skip(count: number, what: string): number {
    const start = this.at;
    if (count > this.left) throw truncated(what, count, this.left);
    this.at += count;
    return start;
  }

  uint(what: string): number {
    let value = 0;
    for (let factor = 1; factor < MAX_VARINT_FACTOR; factor *= 128) {
      const byte = this.bytes[this.skip(1, what)]!;
      value += (byte & 127) * factor;
      if (byte < 128) return safeInteger(value, what);
    }
    throw tooLong(what);
  }

  text(maxBytes: number, what: string): string {
    const length = this.uint(what);
    if (length === 0 || length > maxBytes) {
      throw new WireFormatError(`Expected ${what} of 1 to ${maxBytes} bytes, got ${length}.`);
    }
    const start = this.skip(length, what);
    return asciiOf(this.bytes, start, this.at) ?? decodeUtf8(this.bytes.subarray(start, this.at), what);
  }

  double(what: string): number {
    const start = this.skip(8, what);
    for (let i = 0; i < 8; i++) double.setUint8(i, this.bytes[start + i]!);
    return double.getFloat64(0, true);
  }

  /**
   * Running sums of signed differences, each in [min, max]. First byte: continue, sign, 6 bits; then 7 bits a byte.
   * Bytes beyond the end read as 0, so one check after the column finds a truncated one.
   */
  sums(count: number, min: number, max: number, into: Float64Array, what: string): void {
    const { bytes } = this;
    let { at } = this;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const first = bytes[at++]!;
      let size = first & 63;
      if (first >= 128) {
        let factor = 64;
        let byte: number;
        do {
          byte = bytes[at++]!;
          size += (byte & 127) * factor;
          factor *= 128;
        } while (byte >= 128 && factor < MAX_VARINT_FACTOR);
      }
      sum += first & 64 ? -size : size;
      if (!(sum >= min && sum <= max)) throw outOfRange(what, sum, min, max, i);
      into[i] = sum;
    }
    this.at = at;
    if (at > bytes.length) throw truncated(what, at, bytes.length);
  }

  /** Integers in [1, 2^53). */
  positives(count: number, into: Float64Array, what: string): void {
    const { bytes } = this;
    let { at } = this;
    for (let i = 0; i < count; i++) {
      let byte = bytes[at++]!;
      let value = byte & 127;
      let factor = 128;
      while (byte >= 128 && factor < MAX_VARINT_FACTOR) {
        byte = bytes[at++]!;
        value += (byte & 127) * factor;
        factor *= 128;
      }
      if (!(value >= 1 && value <= Number.MAX_SAFE_INTEGER)) {
        throw outOfRange(what, value, 1, Number.MAX_SAFE_INTEGER, i);
      }
      into[i] = value;
    }
    this.at = at;
    if (at > bytes.length) throw truncated(what, at, bytes.length);
  }
}

/** Appends a signed difference as `ByteReader.sums` reads it. */
export function writeDifference(bytes: Uint8Array, at: number, difference: number): number {
  const sign = difference < 0 ? 64 : 0;
  const size = Math.abs(difference);
  if (size < 64) {
    bytes[at] = sign | size;
    return at + 1;
  }
  let rest = Math.floor(size / 64);
  bytes[at] = 128 | sign | (size - rest * 64);
  let end = at + 1;
  while (rest >= 128) {
    const next = Math.floor(rest / 128);
    bytes[end++] = 128 | (rest - next * 128);
    rest = next;
  }
  bytes[end] = rest;
  return end + 1;
}

function asciiOf(bytes: Uint8Array, start: number, end: number): string | null {
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= 128) return null;
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return utf8Reader.decode(bytes);
  } catch (cause) {
    throw new WireFormatError(`Expected ${what} in UTF-8, got other bytes.`, { cause });
  }
}

function safeInteger(value: number, what: string): number {
  if (value <= Number.MAX_SAFE_INTEGER) return value;
  throw new WireFormatError(`Expected ${what} below 2^53, got ${value}.`);
}

function truncated(what: string, needed: number, left: number): WireFormatError {
  return new WireFormatError(`Expected ${needed} bytes for ${what}, got ${left}: the message is truncated.`);
}

function tooLong(what: string): WireFormatError {
  return new WireFormatError(`Expected an integer of at most 8 bytes for ${what}, got a longer one.`);
}

function outOfRange(what: string, value: number, min: number, max: number, row: number): WireFormatError {
  return new WireFormatError(`Expected ${what} in [${min}, ${max}], got ${value} in row ${row}.`);
}
