/** Files of one run, one after the other: blocks are appended whole; old files go where a limit is set. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UpstreamError } from '../../schemas/errors.ts';
import { DAY_MS } from '../../schemas/primitives.ts';
import { type BusFile, type OpenFile, onDisk, openFile } from '../bus/embedded/files.ts';
import { blockOf } from './block.ts';
import { parseSegmentName, segmentName } from './segment-name.ts';

export interface Retention {
  /** Of all files of the venue. */
  readonly maxBytes?: number;
  readonly maxDays?: number;
}

export interface SegmentWriterOptions {
  /** Of the venue; made where missing. */
  readonly dir: string;
  readonly run: string;
  readonly retention: Retention;
  readonly openFile?: OpenFile | undefined;
}

export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  #file: BusFile | undefined;
  segment = 0;
  /** Of the segment. */
  bytes = 0;
  /** Of the run, removed segments included. */
  totalBytes = 0;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
  }

  get path(): string {
    const { dir, run } = this.#options;
    return join(dir, segmentName({ run, segment: this.segment }));
  }

  /** Ends the segment and begins the next. @throws UpstreamError where the disk refuses. */
  async next(nowMs: number): Promise<void> {
    await this.close();
    const { dir, openFile: openAt = openFile } = this.#options;
    this.segment += 1;
    this.bytes = 0;
    await onDisk(this.path, async () => {
      await mkdir(dir, { recursive: true });
      this.#file = await openAt(this.path);
      const size = await this.#file.size();
      if (size > 0) throw new UpstreamError('a journal of the same moment: another relay records here');
    });
    await this.#removeOld(nowMs);
  }

  /** All of it or nothing. @throws UpstreamError where the disk is full or fails. */
  async append(text: string): Promise<void> {
    // A file that was removed takes all there is, for nobody.
    const [block] = await Promise.all([blockOf(text), onDisk(this.path, () => stat(this.path))]);
    const file = this.#file!;
    await onDisk(this.path, async () => {
      try {
        await file.write(block, this.bytes);
      } catch (error) {
        // A torn block is passed over by readers, where even this fails.
        await file.truncate(this.bytes).catch(() => {});
        throw error;
      }
    });
    this.bytes += block.length;
    this.totalBytes += block.length;
  }

  /** What was appended survives the machine. @throws UpstreamError */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (!file) return;
    await onDisk(this.path, async () => {
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    });
  }

  async #removeOld(nowMs: number): Promise<void> {
    const { dir, retention } = this.#options;
    const { maxBytes = Number.POSITIVE_INFINITY, maxDays = Number.POSITIVE_INFINITY } = retention;
    if (maxBytes === Number.POSITIVE_INFINITY && maxDays === Number.POSITIVE_INFINITY) return;
    await onDisk(dir, async () => {
      const names = (await readdir(dir)).filter((name) => parseSegmentName(name)).sort();
      const files = await Promise.all(
        names.map(async (name) => {
          const path = join(dir, name);
          const { size, mtimeMs } = await stat(path);
          return { path, size, mtimeMs };
        }),
      );
      let bytes = files.reduce((sum, { size }) => sum + size, 0);
      for (const { path, size, mtimeMs } of files) {
        const isOld = nowMs - mtimeMs > maxDays * DAY_MS;
        if (path === this.path || !(isOld || bytes > maxBytes)) continue;
        await rm(path, { force: true });
        bytes -= size;
      }
    });
  }
}
