/** The log of one topic: a folder of segments, appended to at the end, freed from the front. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BusFile, type OpenFile, onDisk } from './files.ts';
import type { StoredMessage } from './message.ts';
import { encodeRecords } from './record.ts';
import { emptySegment, extend, recoverSegment, type Segment } from './segment.ts';

export const SUFFIX = '.log';

export interface SegmentedLogOptions {
  readonly dir: string;
  readonly segmentBytes: number;
  readonly openFile: OpenFile;
}

export class SegmentedLog {
  readonly #options: SegmentedLogOptions;
  readonly #segments: Segment[];
  /** Writes to the last segment. */
  #writer: BusFile | null = null;
  #isUnsynced = false;

  private constructor(options: SegmentedLogOptions, segments: Segment[]) {
    this.#options = options;
    this.#segments = segments;
  }

  /** Reads everything that is there. @throws ConfigError on damage, UpstreamError on a disk that fails. */
  static async open(
    options: SegmentedLogOptions,
    visit: (message: StoredMessage) => void,
  ): Promise<SegmentedLog> {
    const { dir } = options;
    const names = await onDisk(dir, async () => {
      await mkdir(dir, { recursive: true });
      return (await readdir(dir)).filter((name) => name.endsWith(SUFFIX)).sort();
    });
    const segments: Segment[] = [];
    for (const [i, name] of names.entries()) {
      const path = join(dir, name);
      const base = Number(name.slice(0, -SUFFIX.length));
      const file = await onDisk(path, () => options.openFile(path));
      try {
        segments.push(await recoverSegment(file, base, i === names.length - 1, visit));
      } finally {
        await file.close();
      }
    }
    return new SegmentedLog(options, segments);
  }

  /** Offset the next message will get. */
  get end(): number {
    const last = this.#segments.at(-1);
    return last ? last.base + last.count : 0;
  }

  /** Ranges of offsets below `end` that are on disk no more. */
  missing(): { from: number; to: number }[] {
    const starts = this.#segments.map((segment) => segment.base);
    const ends = [0, ...this.#segments.map((segment) => segment.base + segment.count)];
    return starts.map((to, i) => ({ from: ends[i]!, to })).filter(({ from, to }) => from < to);
  }

  /**
   * Writes messages behind the last one, `isSynced` through to the disk; all of them, or none. Not to be called while a call is under way.
   * @throws UpstreamError
   */
  async append(messages: readonly StoredMessage[], isSynced: boolean): Promise<void> {
    const bytes = encodeRecords(messages);
    const { segment, writer } = await this.#active();
    await onDisk(segment.path, async () => {
      try {
        // At the known end: overwrites what a failed write may have left.
        await writer.write(bytes, segment.bytes);
        if (isSynced) await writer.sync();
      } catch (error) {
        await writer.truncate(segment.bytes).catch(() => {});
        throw error;
      }
    });
    this.#isUnsynced ||= !isSynced;
    extend(segment, messages, bytes.length);
  }

  async sync(): Promise<void> {
    const writer = this.#writer;
    if (!writer || !this.#isUnsynced) return;
    this.#isUnsynced = false;
    await onDisk(writer.path, () => writer.sync());
  }

  /** The segment that holds the offset, or the first one behind it. */
  segmentOf(offset: number): Segment | undefined {
    return this.#segments.find(({ base, count }) => offset < base + count);
  }

  /** @throws UpstreamError */
  openSegment({ path }: Segment): Promise<BusFile> {
    return onDisk(path, () => this.#options.openFile(path));
  }

  /** Removes the segments whose messages all lie before `offset` and were published before `publishedBeforeMs`. */
  async removeBefore(offset: number, publishedBeforeMs: number): Promise<void> {
    for (let first = this.#segments[0]; first && this.#segments.length > 1; first = this.#segments[0]) {
      if (first.base + first.count > offset || first.newestPublishMs >= publishedBeforeMs) return;
      const { path } = first;
      this.#segments.shift();
      await onDisk(path, () => rm(path, { force: true }));
    }
  }

  /** The last segment, opened for writing; a new one where it is full. */
  async #active(): Promise<{ segment: Segment; writer: BusFile }> {
    const last = this.#segments.at(-1);
    if (last && last.bytes < this.#options.segmentBytes) {
      this.#writer ??= await this.openSegment(last);
      return { segment: last, writer: this.#writer };
    }
    await this.sync();
    await this.close();
    const path = join(this.#options.dir, `${String(this.end).padStart(16, '0')}${SUFFIX}`);
    const segment = emptySegment(path, this.end);
    this.#writer = await this.openSegment(segment);
    this.#segments.push(segment);
    return { segment, writer: this.#writer };
  }

  async close(): Promise<void> {
    await this.#writer?.close();
    this.#writer = null;
  }
}
