/**
 * Files that workers write their results to, and whoever started the job reads when it is done: frames whose body is
 * the topic's length u8, the topic, and the message.
 */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FRAME_HEADER_BYTES, Framing } from '../../../connectors/framing.ts';
import { messageOf, UpstreamError } from '../../../schemas/errors.ts';

export const SPOOL_SUFFIX = '.spool';
/** A body holds its topic's length at least; how long it may be, only the field for it bounds. */
const RECORDS = new Framing('CSTs', 1, 0xffff_ffff);
const READ_BYTES = 1 << 20;

export interface SpooledMessage {
  readonly topic: string;
  /** A serialized PubsubMessage. */
  readonly bytes: Uint8Array;
}

export function encodeSpooled(topic: string, message: Uint8Array): Buffer {
  const name = Buffer.from(topic);
  const at = FRAME_HEADER_BYTES;
  const bytes = Buffer.allocUnsafe(at + 1 + name.length + message.length);
  bytes[at] = name.length;
  bytes.set(name, at + 1);
  bytes.set(message, at + 1 + name.length);
  RECORDS.seal(bytes, 0, bytes.length);
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
      let end = RECORDS.endOf(rest, at);
      for (; typeof end === 'number'; end = RECORDS.endOf(rest, at)) {
        yield messageIn(rest, at + FRAME_HEADER_BYTES, end);
        at = end;
      }
      if (end === 'damaged') return;
      rest = rest.subarray(at);
    }
  } catch (cause) {
    throw new UpstreamError(`Cannot read the results of a worker in ${path}: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

function messageIn(bytes: Buffer, body: number, end: number): SpooledMessage {
  const message = body + 1 + bytes[body]!;
  return { topic: bytes.toString('utf8', body + 1, message), bytes: bytes.subarray(message, end) };
}
