/**
 * Files that workers write their results to, and whoever started the job reads when it is done. One record:
 * magic u32 | body length u32 | CRC-32 of the body u32 | body = topic length u8, topic, message (little-endian).
 */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { messageOf, UpstreamError } from '../../../schemas/errors.ts';

export const SPOOL_SUFFIX = '.spool';
/** 'CSTs'. */
const MAGIC = 0x73545343;
const HEADER_BYTES = 12;
const READ_BYTES = 1 << 20;

export interface SpooledMessage {
  readonly topic: string;
  /** A serialized PubsubMessage. */
  readonly bytes: Uint8Array;
}

export function encodeSpooled(topic: string, message: Uint8Array): Buffer {
  const name = Buffer.from(topic);
  const length = 1 + name.length + message.length;
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + length);
  const body = bytes.subarray(HEADER_BYTES);
  body[0] = name.length;
  body.set(name, 1);
  body.set(message, 1 + name.length);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(length, 4);
  bytes.writeUInt32LE(crc32(body), 8);
  return bytes;
}

/**
 * Messages of all workers that wrote to the folder, file by file. A file ends at its first record that is not whole:
 * its worker was killed there, and what that bundle held has been done again by another.
 * @throws UpstreamError where a file cannot be read.
 */
export async function* readSpool(dir: string): AsyncGenerator<SpooledMessage> {
  const names = (await readdir(dir)).filter((name) => name.endsWith(SPOOL_SUFFIX)).sort();
  for (const name of names) yield* readFile(join(dir, name));
}

async function* readFile(path: string): AsyncGenerator<SpooledMessage> {
  try {
    const file = await open(path);
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of file.createReadStream({ highWaterMark: READ_BYTES })) {
      rest = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer);
      let at = 0;
      for (let end = recordEnd(rest, at); end > at; end = recordEnd(rest, at)) {
        yield messageIn(rest, at + HEADER_BYTES, end);
        at = end;
      }
      if (isDamaged(rest, at)) return;
      rest = rest.subarray(at);
    }
  } catch (cause) {
    throw new UpstreamError(`Cannot read the results of a worker in ${path}: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

/** End of the whole record at `at`; `at` itself where there is none. */
function recordEnd(bytes: Buffer, at: number): number {
  if (bytes.length - at < HEADER_BYTES || isDamaged(bytes, at)) return at;
  const end = at + HEADER_BYTES + bytes.readUInt32LE(at + 4);
  return end <= bytes.length ? end : at;
}

/** True where no further bytes would make a record of what is there. */
function isDamaged(bytes: Buffer, at: number): boolean {
  if (bytes.length - at < HEADER_BYTES) return false;
  if (bytes.readUInt32LE(at) !== MAGIC) return true;
  const body = at + HEADER_BYTES;
  const end = body + bytes.readUInt32LE(at + 4);
  return end <= bytes.length && crc32(bytes.subarray(body, end)) !== bytes.readUInt32LE(at + 8);
}

function messageIn(bytes: Buffer, body: number, end: number): SpooledMessage {
  const message = body + 1 + bytes[body]!;
  return { topic: bytes.toString('utf8', body + 1, message), bytes: bytes.subarray(message, end) };
}
