/** One file of a topic's log: records of consecutive offsets. Reading, and finding out where it is whole. */
import { ConfigError } from '../../../schemas/errors.ts';
import type { BusFile } from './files.ts';
import type { StoredMessage } from './message.ts';
import { decodeRecord, MAX_RECORD_BYTES, RECORDS } from './record.ts';

export interface Segment {
  readonly path: string;
  /** Offset of its first record. */
  readonly base: number;
  count: number;
  bytes: number;
  newestPublishMs: number;
  /** Some of its records, a block apart or more: a reader need not begin with the first. */
  readonly starts: RecordStart[];
}

interface RecordStart {
  readonly offset: number;
  readonly position: number;
}

const BLOCK_BYTES = 1 << 20;

export interface Block {
  readonly messages: StoredMessage[];
  /** Position behind the last of them. */
  readonly end: number;
  readonly isDamaged: boolean;
}

export function emptySegment(path: string, base: number): Segment {
  const starts = [{ offset: base, position: 0 }];
  return { path, base, count: 0, bytes: 0, newestPublishMs: Number.NEGATIVE_INFINITY, starts };
}

/** Takes note of records at its end, and of the bytes that they take. */
export function extend(segment: Segment, messages: readonly StoredMessage[], bytes: number): void {
  if (segment.bytes >= segment.starts.length * BLOCK_BYTES) {
    segment.starts.push({ offset: segment.base + segment.count, position: segment.bytes });
  }
  for (const { publishTimeMs } of messages) {
    segment.newestPublishMs = Math.max(segment.newestPublishMs, publishTimeMs);
  }
  segment.count += messages.length;
  segment.bytes += bytes;
}

/** Whole records from `position` on, about 1 MB of them; none where no whole one begins there. */
export async function readBlock(file: BusFile, position: number, to: number, offset: number): Promise<Block> {
  const bytes = await file.read(position, Math.min(BLOCK_BYTES, to - position));
  const block = decodeBlock(bytes, offset);
  const isAll = position + bytes.length >= to;
  if (block.messages.length > 0 || block.isDamaged || isAll) {
    return {
      ...block,
      end: position + block.end,
      isDamaged: block.isDamaged || (isAll && block.end < bytes.length),
    };
  }
  // A record longer than a block.
  const longest = await file.read(position, Math.min(MAX_RECORD_BYTES, to - position));
  const end = RECORDS.endOf(longest, 0);
  if (typeof end !== 'number') return { messages: [], end: position, isDamaged: true };
  return { messages: [decodeRecord(longest, 0, end, offset)], end: position + end, isDamaged: false };
}

function decodeBlock(bytes: Buffer, offset: number): Block {
  const messages: StoredMessage[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = RECORDS.endOf(bytes, at);
    if (typeof end !== 'number') return { messages, end: at, isDamaged: end === 'damaged' };
    messages.push(decodeRecord(bytes, at, end, offset + messages.length));
    at = end;
  }
  return { messages, end: at, isDamaged: false };
}

/**
 * Reads a segment through. In the last one, bytes at the end that are no whole record are a write that was cut
 * off, never acknowledged to its publisher: they are removed. Anything else unreadable is damage.
 * @throws ConfigError naming file, position and remedy.
 */
export async function recoverSegment(
  file: BusFile,
  base: number,
  isLast: boolean,
  visit: (message: StoredMessage) => void,
): Promise<Segment> {
  const size = await file.size();
  const segment = emptySegment(file.path, base);
  while (segment.bytes < size) {
    const block = await readBlock(file, segment.bytes, size, base + segment.count);
    for (const message of block.messages) visit(message);
    extend(segment, block.messages, block.end - segment.bytes);
    if (block.isDamaged) {
      const rest = await file.read(block.end, size - block.end);
      const at = base + segment.count;
      if (!isLast || RECORDS.find(rest, 1) >= 0) throw damageAt(file.path, block.end, at, size);
      await file.truncate(block.end);
      break;
    }
  }
  return segment;
}

/** The error for bytes at `position` that should be the record of message `offset`. */
export function damageAt(path: string, position: number, offset: number, size: number): ConfigError {
  return new ConfigError(
    `Expected a whole record at byte ${position} of ${path} (message ${offset} of its topic), got damaged bytes. ` +
      `Restore the file from a copy; or, to go on without the ${size - position} bytes from there on, cut it: ` +
      `truncate -s ${position} ${path}`,
  );
}
