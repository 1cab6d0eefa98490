/**
 * Frames in files that a crash may cut off, end to end: four bytes of magic | body length u32 | CRC-32 of the body
 * u32 | body (little-endian).
 */
import { crc32 } from 'node:zlib';

/** What comes before a frame's body. */
export const FRAME_HEADER_BYTES = 12;

/** The frames of one kind of file. */
export class Framing {
  readonly #magic: Buffer;
  readonly #magicWord: number;
  readonly #minBody: number;
  readonly #maxBody: number;

  /** @param magic Four ASCII characters. @param minBody Bytes; a length outside [minBody, maxBody] is damage. */
  constructor(magic: string, minBody: number, maxBody: number) {
    this.#magic = Buffer.from(magic, 'latin1');
    this.#magicWord = this.#magic.readUInt32LE(0);
    this.#minBody = minBody;
    this.#maxBody = maxBody;
  }

  /** Writes the header of the frame [at, end), whose body is in place. */
  seal(bytes: Buffer, at: number, end: number): void {
    const body = at + FRAME_HEADER_BYTES;
    bytes.writeUInt32LE(this.#magicWord, at);
    bytes.writeUInt32LE(end - body, at + 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(body, end)), at + 8);
  }

  /** End of the frame at `at`; `incomplete` where it would end behind the buffer, `damaged` where it is none. */
  endOf(bytes: Buffer, at: number): number | 'incomplete' | 'damaged' {
    if (bytes.length - at < FRAME_HEADER_BYTES) return 'incomplete';
    const length = bytes.readUInt32LE(at + 4);
    if (bytes.readUInt32LE(at) !== this.#magicWord) return 'damaged';
    if (length < this.#minBody || length > this.#maxBody) return 'damaged';
    const body = at + FRAME_HEADER_BYTES;
    if (body + length > bytes.length) return 'incomplete';
    const isWhole = crc32(bytes.subarray(body, body + length)) === bytes.readUInt32LE(at + 8);
    return isWhole ? body + length : 'damaged';
  }

  /** Where the first whole frame at or behind `position` begins, or −1. */
  find(bytes: Buffer, position: number): number {
    let at = bytes.indexOf(this.#magic, position);
    while (at >= 0 && typeof this.endOf(bytes, at) !== 'number') at = bytes.indexOf(this.#magic, at + 1);
    return at;
  }
}
