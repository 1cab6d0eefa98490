/**
 * Blocks of a segment: each is what was told within a few seconds, as one zstd frame of lines. A skippable frame before
 * it says its length and CRC-32, so that a torn or damaged one is noticed, while `zstdcat` reads the file as it is:
 * 50 2A 4D 18 | length of what is skipped u32 | "CSTJ" | length u32 | CRC-32 u32 | zstd frame (little-endian).
 */
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { messageOf, WireFormatError } from '../../schemas/errors.ts';
import { FRAME_HEADER_BYTES, Framing } from '../framing.ts';

const MAX_BLOCK_BYTES = 256 << 20;
const FRAMING = new Framing('CSTJ', 1, MAX_BLOCK_BYTES);
const SKIPPABLE_MAGIC = 0x184d2a50;
const PREFIX_BYTES = 8;
const LEVEL = 3;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** @param text Lines, each with its newline. */
export async function blockOf(text: string): Promise<Buffer> {
  const frame = await compress(text, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });
  const body = PREFIX_BYTES + FRAME_HEADER_BYTES;
  const block = Buffer.allocUnsafe(body + frame.length);
  block.writeUInt32LE(SKIPPABLE_MAGIC, 0);
  block.writeUInt32LE(FRAME_HEADER_BYTES, 4);
  block.set(frame, body);
  FRAMING.seal(block, PREFIX_BYTES, block.length);
  return block;
}

/** Lines of a block. @throws WireFormatError where it is none, though its CRC is right. */
export async function linesOf(block: Uint8Array): Promise<string[]> {
  const frame = block.subarray(PREFIX_BYTES + FRAME_HEADER_BYTES);
  try {
    const text = await decompress(frame, { maxOutputLength: 4 * MAX_BLOCK_BYTES });
    return text.toString('utf8').split('\n').slice(0, -1);
  } catch (cause) {
    throw new WireFormatError(`Expected a block of a journal, got ${messageOf(cause)}.`, { cause });
  }
}

/** End of the block at `at`; see Framing. */
export function endOfBlock(bytes: Buffer, at: number): number | 'incomplete' | 'damaged' {
  if (bytes.length - at < PREFIX_BYTES) return 'incomplete';
  if (bytes.readUInt32LE(at) !== SKIPPABLE_MAGIC) return 'damaged';
  return FRAMING.endOf(bytes, at + PREFIX_BYTES);
}

/** Where the first whole block behind `position` begins, or −1. */
export function findBlock(bytes: Buffer, position: number): number {
  const found = FRAMING.find(bytes, position + PREFIX_BYTES);
  return found < 0 ? -1 : found - PREFIX_BYTES;
}
