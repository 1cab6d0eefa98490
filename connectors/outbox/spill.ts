/**
 * Messages of one topic on disk, in order, while the bus is away.
 *
 * A folder of segments, each of frames (connectors/framing.ts) of serialized PubsubMessages. What `append` resolved for
 * has been fsynced, so that it survives the death of the process and of the machine. A segment is removed once all of
 * it is published; how far one has been read is not kept: after a crash at most one segment is published a second
 * time, and dropped by its ids downstream. A write that was cut off ends its segment. Memory: one chunk.
 */
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodePubsubMessage, encodePubsubMessage } from '../../schemas/pubsub-message.ts';
import { type BusFile, type OpenFile, onDisk, openFile } from '../bus/embedded/files.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import { FRAME_HEADER_BYTES, Framing } from '../framing.ts';

/** A message of the bus is at most 10 MB. */
const FRAMING = new Framing('CSTS', 1, 16 << 20);
const SEGMENT = /^(\d{12})\.spill$/;
/** Numbers before it are for what is put before all others. */
const FIRST_NUMBER = 500_000_000_000;
const CHUNK_BYTES = 1 << 20;

export interface SpillOptions {
  /** Of the topic; made where missing. */
  readonly dir: string;
  /** A segment takes no more once it is this long. Unit: bytes; default 4 MB. */
  readonly segmentBytes?: number | undefined;
  /** The disk; tests give one that fails. */
  readonly openFile?: OpenFile | undefined;
}

interface Segment {
  readonly path: string;
  readonly number: number;
  /** Of whole frames. */
  bytes: number;
  messages: number;
  /** Read and published up to here. */
  done: number;
  /** A write to it is under way. */
  isBusy: boolean;
}

export interface Chunk {
  readonly messages: readonly OutgoingMessage[];
  /** They are published: the next `read` goes on behind them. */
  done(): Promise<void>;
}

export class Spill {
  readonly #options: SpillOptions;
  readonly #segments: Segment[] = [];
  #messages = 0;
  /** Takes no more: it was there before us, or a write to it failed. */
  #isTailClosed = true;
  /** Bytes that are no message, as a disk makes them; they were passed over. */
  damagedBytes = 0;

  private constructor(options: SpillOptions) {
    this.#options = options;
  }

  /** @throws UpstreamError where the disk cannot be read or written. */
  static async open(options: SpillOptions): Promise<Spill> {
    const { dir } = options;
    const spill = new Spill(options);
    const names = await onDisk(dir, async () => {
      await mkdir(dir, { recursive: true });
      return readdir(dir);
    });
    const numbers = names.flatMap((name) => SEGMENT.exec(name)?.[1] ?? []).map(Number);
    for (const number of numbers.sort((a, b) => a - b)) await spill.#recover(number);
    return spill;
  }

  /** Messages not yet published. */
  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes, done }) => sum + bytes - done, 0);
  }

  /** Behind all others. All or nothing. @throws UpstreamError where the disk is full or fails. */
  async append(messages: readonly OutgoingMessage[]): Promise<void> {
    const { segmentBytes = 4 << 20 } = this.#options;
    const tail = this.#segments.at(-1);
    const isOpen = tail !== undefined && !this.#isTailClosed && tail.bytes < segmentBytes;
    const segment = isOpen ? tail : this.#create((tail?.number ?? FIRST_NUMBER) + 1);
    if (!isOpen) this.#segments.push(segment);
    this.#isTailClosed = true;
    await this.#write(segment, messages);
    this.#isTailClosed = false;
  }

  /** Before all others. All or nothing. @throws UpstreamError */
  async prepend(messages: readonly OutgoingMessage[]): Promise<void> {
    const head = this.#segments[0];
    if (!head) return this.append(messages);
    const segment = this.#create(head.number - 1);
    this.#segments.unshift(segment);
    await this.#write(segment, messages);
  }

  /** The oldest messages, about 1 MB of them; none where there are none. @throws UpstreamError */
  async read(): Promise<Chunk> {
    const segment = this.#segments.find(({ bytes, done }) => done < bytes);
    if (!segment) return { messages: [], done: async () => {} };
    const from = segment.done;
    const { messages, end } = await this.#readFrom(segment, from);
    const done = async () => {
      if (segment.done !== from) return;
      segment.done = end;
      this.#messages -= messages.length;
      segment.messages -= messages.length;
      await this.#removePublished();
    };
    return { messages, done };
  }

  #create(number: number): Segment {
    const path = join(this.#options.dir, `${String(number).padStart(12, '0')}.spill`);
    return { path, number, bytes: 0, messages: 0, done: 0, isBusy: false };
  }

  /** Opened for each operation: a spill of hours has thousands of segments. */
  async #on<T>({ path }: Segment, operation: (file: BusFile) => Promise<T>): Promise<T> {
    const { openFile: openAt = openFile } = this.#options;
    return onDisk(path, async () => {
      const file = await openAt(path);
      try {
        return await operation(file);
      } finally {
        await file.close();
      }
    });
  }

  async #write(segment: Segment, messages: readonly OutgoingMessage[]): Promise<void> {
    const { bytes: at } = segment;
    const frames = Buffer.concat(messages.map(frameOf));
    segment.isBusy = true;
    try {
      await this.#on(segment, (file) => writeAt(file, frames, at));
      if (at === 0) await syncFolder(this.#options.dir);
    } finally {
      segment.isBusy = false;
    }
    segment.bytes += frames.length;
    segment.messages += messages.length;
    this.#messages += messages.length;
  }

  async #recover(number: number): Promise<void> {
    const segment = this.#create(number);
    const size = await this.#on(segment, (file) => file.size());
    segment.bytes = size;
    let at = 0;
    while (at < size) {
      const { messages, end } = await this.#readFrom(segment, at);
      segment.messages += messages.length;
      at = end;
    }
    this.#messages += segment.messages;
    this.#segments.push(segment);
    await this.#removePublished();
  }

  /** Whole messages from `at` on, at least one where there is one; passes over what is none. */
  async #readFrom(segment: Segment, at: number): Promise<{ messages: OutgoingMessage[]; end: number }> {
    for (let length = CHUNK_BYTES; ; length *= 4) {
      const wanted = Math.min(length, segment.bytes - at);
      const bytes = await this.#on(segment, (file) => file.read(at, wanted));
      const isLast = at + wanted >= segment.bytes || bytes.length < wanted;
      const found = this.#parse(bytes, isLast);
      // What the disk no longer has is not waited for.
      if (found) return { messages: found.messages, end: at + (isLast ? wanted : found.end) };
    }
  }

  /** Undefined where more bytes are needed to see a message. */
  #parse(bytes: Buffer, isLast: boolean): { messages: OutgoingMessage[]; end: number } | undefined {
    const messages: OutgoingMessage[] = [];
    let at = 0;
    while (at < bytes.length) {
      const end = FRAMING.endOf(bytes, at);
      if (typeof end === 'number') {
        messages.push(messageOf(bytes, at, end));
        at = end;
        continue;
      }
      const next = end === 'damaged' || isLast ? FRAMING.find(bytes, at + 1) : -1;
      if (next < 0 && !isLast) return messages.length > 0 ? { messages, end: at } : undefined;
      const skipTo = next < 0 ? bytes.length : next;
      this.damagedBytes += skipTo - at;
      at = skipTo;
    }
    return { messages, end: at };
  }

  /** Segments of which all is published, up to the first of which something is left. */
  async #removePublished(): Promise<void> {
    for (;;) {
      const head = this.#segments[0];
      if (!head || head.isBusy || head.done < head.bytes) return;
      this.#segments.shift();
      if (this.#segments.length === 0) this.#isTailClosed = true;
      await onDisk(head.path, () => rm(head.path, { force: true }));
    }
  }
}

async function writeAt(file: BusFile, bytes: Uint8Array, at: number): Promise<void> {
  try {
    await file.write(bytes, at);
    await file.sync();
  } catch (error) {
    // What is half written must not be read. Where even this fails, its copies are dropped by their ids.
    await file.truncate(at).catch(() => {});
    throw error;
  }
}

/** A new file survives the death of the machine only once its folder is on disk, too. */
async function syncFolder(dir: string): Promise<void> {
  await onDisk(dir, async () => {
    const folder = await open(dir);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  });
}

function frameOf({ data, attributes, orderingKey }: OutgoingMessage): Buffer {
  const body = encodePubsubMessage({ data, attributes, orderingKey, messageId: '' });
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length);
  bytes.set(body, FRAME_HEADER_BYTES);
  FRAMING.seal(bytes, 0, bytes.length);
  return bytes;
}

function messageOf(bytes: Buffer, at: number, end: number): OutgoingMessage {
  const { data, attributes, orderingKey } = decodePubsubMessage(bytes.subarray(at + FRAME_HEADER_BYTES, end));
  return { data, attributes, orderingKey };
}
