/**
 * What a subscription has settled, on disk: appended ranges of offsets, `from f64 | to f64 | CRC-32 u32` each.
 * The file's existence is the subscription's. A lost tail means redelivery, never loss.
 */
import { rename } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { ConfigError } from '../../../schemas/errors.ts';
import { AckRanges, type Range } from './ack-ranges.ts';
import { type BusFile, type OpenFile, onDisk } from './files.ts';

const ENTRY_BYTES = 20;
/** Length above which the file is written anew. */
const COMPACT_BYTES = 1 << 20;

export class AckFile {
  readonly path: string;
  readonly #openFile: OpenFile;
  #file: BusFile | null = null;
  #bytes = 0;
  /** Settled, not yet written. */
  #dirty: number[] = [];
  #flushing: Promise<void> | null = null;

  constructor(path: string, openFile: OpenFile) {
    this.path = path;
    this.#openFile = openFile;
  }

  /** @throws ConfigError where it is damaged, UpstreamError where the disk fails. */
  async load(): Promise<AckRanges> {
    const bytes = await onDisk(this.path, async () => {
      const file = await this.#openFile(this.path);
      return file.read(0, await file.size()).finally(() => file.close());
    });
    const acks = new AckRanges();
    const whole = bytes.length - (bytes.length % ENTRY_BYTES);
    for (let at = 0; at < whole; at += ENTRY_BYTES) {
      if (crc32(bytes.subarray(at, at + 16)) !== bytes.readUInt32LE(at + 16)) {
        if (at + ENTRY_BYTES >= whole) break;
        throw new ConfigError(
          `Expected an acknowledgement at byte ${at} of ${this.path}, got damaged bytes. ` +
            `Restore the file from a copy; or cut it (what was acknowledged after that comes again): truncate -s ${at} ${this.path}`,
        );
      }
      acks.add(bytes.readDoubleLE(at), bytes.readDoubleLE(at + 8));
    }
    return acks;
  }

  /** Writes the file anew, as short as can be. */
  async compact(acks: AckRanges): Promise<void> {
    const next = `${this.path}.next`;
    await onDisk(next, async () => {
      const file = await this.#openFile(next);
      const bytes = encode(acks.all());
      try {
        await file.truncate(0);
        await file.write(bytes, 0);
        await file.sync();
        await rename(next, this.path);
      } finally {
        await file.close();
      }
      await this.#file?.close();
      this.#file = null;
      this.#bytes = bytes.length;
    });
  }

  add(offset: number): void {
    this.#dirty.push(offset);
  }

  /** Writes what is new, in the background. A disk that fails is tried again with the next acknowledgement. */
  flushSoon(acks: AckRanges, done: () => void): void {
    if (this.#dirty.length === 0) return;
    this.#flushing ??= Promise.resolve()
      .then(() => this.#writeAll(acks))
      .catch(() => {})
      .finally(() => {
        this.#flushing = null;
        done();
      });
  }

  /** Writes what is left, and lets go. @throws UpstreamError */
  async close(acks: AckRanges): Promise<void> {
    await this.#flushing;
    await this.#writeAll(acks);
    await this.#file?.close();
    this.#file = null;
  }

  async #writeAll(acks: AckRanges): Promise<void> {
    while (this.#dirty.length > 0) {
      const offsets = this.#dirty;
      this.#dirty = [];
      try {
        await this.#write(encode(rangesOf(offsets)), acks);
      } catch (error) {
        this.#dirty = [...offsets, ...this.#dirty];
        throw error;
      }
    }
  }

  async #write(bytes: Buffer, acks: AckRanges): Promise<void> {
    if (this.#bytes > COMPACT_BYTES) return this.compact(acks);
    await onDisk(this.path, async () => {
      this.#file ??= await this.#openFile(this.path);
      await this.#file.write(bytes, this.#bytes);
    });
    this.#bytes += bytes.length;
  }
}

function encode(ranges: readonly Range[]): Buffer {
  const bytes = Buffer.allocUnsafe(ranges.length * ENTRY_BYTES);
  ranges.forEach(({ from, to }, i) => {
    const at = i * ENTRY_BYTES;
    bytes.writeDoubleLE(from, at);
    bytes.writeDoubleLE(to, at + 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(at, at + 16)), at + 16);
  });
  return bytes;
}

function rangesOf(offsets: readonly number[]): readonly Range[] {
  const ranges = new AckRanges();
  for (const offset of offsets) ranges.add(offset, offset + 1);
  return ranges.all();
}
