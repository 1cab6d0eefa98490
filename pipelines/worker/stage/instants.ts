/**
 * The SDK's coder of instants, in place of which this stands, makes five arrays per instant; an element has one of its own and two
 * per interval window. Same bytes: ms since the epoch, big-endian, with the sign bit flipped so that they sort.
 */
import '../../../transforms/sdk.beam.ts';
import { InstantCoder } from 'apache-beam/coders/required_coders';
import Long from 'long';

/** What both libraries' readers and writers have. */
interface BytesReader {
  readonly buf: Uint8Array;
  pos: number;
}
interface BytesWriter {
  /** Little-endian. */
  fixed32(value: number): BytesWriter;
}

const SIGN = 0x80000000;

export function readInstant(reader: BytesReader): Long {
  const { buf, pos } = reader;
  reader.pos = pos + 8;
  return Long.fromBits(bigEndian(buf, pos + 4), bigEndian(buf, pos) ^ SIGN);
}

export function writeInstant(instant: Long, writer: BytesWriter): void {
  writer.fixed32(swapped(instant.high ^ SIGN)).fixed32(swapped(instant.low));
}

function bigEndian(buf: Uint8Array, at: number): number {
  return (buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!;
}

function swapped(x: number): number {
  return ((x >>> 24) | ((x >>> 8) & 0xff00) | ((x << 8) & 0xff0000) | (x << 24)) >>> 0;
}

Object.assign(InstantCoder.prototype, { decode: readInstant, encode: writeInstant });
