/**
 * The recorder: writes down everything that a feed is told, so that the feed can be run again bit for bit.
 *
 * What is told waits in memory for a few seconds at most and is then on disk as a whole block: a process that dies loses
 * the newest blocks and nothing before. A disk that is full or too slow ends the recording, never the relay: what is
 * missing in the middle of a journal would make all after it another story.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UpstreamError } from '../../schemas/errors.ts';
import type { OpenFile } from '../bus/embedded/files.ts';
import { onDisk } from '../bus/embedded/files.ts';
import type { Clock } from '../clock/port.ts';
import type { VenueAdapter } from '../exchanges/venue.ts';
import type { FeedInput, Instant } from '../feed/feed-io.ts';
import { encodeEntry } from './entry.ts';
import { type FeedStart, JOURNAL_VERSION, type JournalHeader } from './header.ts';
import { runName } from './segment-name.ts';
import { type Retention, SegmentWriter } from './segment-writer.ts';

export interface RecorderOptions {
  /** Folder of journals; that of the venue is made in it. */
  readonly dir: string;
  readonly adapter: Pick<VenueAdapter, 'venue' | 'wsUrl' | 'restUrl' | 'bookDepth'>;
  /** Version of the program. */
  readonly code: string;
  /** The machine's. */
  readonly clock: Clock;
  /** Longest stay in memory. Unit: ms. Default 2000. */
  readonly flushEveryMs?: number;
  /** A segment ends once it is so long, and on the hour. Unit: bytes. Default 256 MB. */
  readonly segmentBytes?: number;
  readonly retention?: Retention;
  /** What may wait for the disk. Unit: bytes, about. Default 64 MB. */
  readonly maxBytes?: number;
  /** Called once, where the recording ends before its time. */
  readonly onFailed: (error: UpstreamError) => void;
  /** The disk; tests give one that fails. */
  readonly openFile?: OpenFile;
}

export interface RecorderStats {
  readonly isRecording: boolean;
  readonly entries: number;
  /** Written, compressed. */
  readonly bytes: number;
  readonly segment: number;
  /** In memory, about. */
  readonly waitingBytes: number;
  readonly problem: string | null;
}

const FLUSH_EVERY_MS = 2_000;
const FLUSH_BYTES = 1 << 20;
const SEGMENT_MS = 3_600_000;

/** Makes the folder. @throws UpstreamError where that cannot be done. */
export async function openRecorder(options: RecorderOptions): Promise<Recorder> {
  const dir = join(options.dir, options.adapter.venue);
  await onDisk(dir, () => mkdir(dir, { recursive: true }));
  return new Recorder(options, dir);
}

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #dir: string;
  #start: FeedStart | undefined;
  #writer: SegmentWriter | undefined;
  #lines: string[] = [];
  #lineBytes = 0;
  #writingBytes = 0;
  #entries = 0;
  #at: Instant = { market: 0, network: 0 };
  #symbols: { readonly symbols: readonly string[]; readonly halted: readonly string[] } = {
    symbols: [],
    halted: [],
  };
  readonly #open = new Set<number>();
  #segmentHour = Number.NaN;
  #problem: string | null = null;
  #wake = new AbortController();
  #isClosing = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: RecorderOptions, dir: string) {
    this.#options = options;
    this.#dir = dir;
  }

  /** A feed is made. Once, before anything is told it. */
  began(start: FeedStart): void {
    const { retention = {}, openFile } = this.#options;
    this.#start = start;
    this.#at = start.startedAt;
    const run = runName(start.startedAt.market);
    this.#writer = new SegmentWriter({ dir: this.#dir, run, retention, openFile });
    this.#running = this.#run();
  }

  /** It is told this now. Never waits. */
  told(input: FeedInput, at: Instant): void {
    if (this.#problem !== null || this.#isClosing) return;
    const line = encodeEntry(input, at);
    // In the order of files: a segment begins with what was so before its first line.
    if (this.#lines.length === 0) this.#beginBlock(at);
    this.#remember(input);
    this.#lines.push(line);
    this.#lineBytes += line.length;
    this.#entries += 1;
    if (this.#lineBytes >= FLUSH_BYTES) this.#wake.abort(true);
    const { maxBytes = 64 << 20 } = this.#options;
    if (this.#lineBytes + this.#writingBytes <= maxBytes) return;
    this.#fail(
      new UpstreamError(`Expected the disk of ${this.#dir} to keep up, got ${maxBytes} bytes waiting.`),
    );
  }

  stats(): RecorderStats {
    return {
      isRecording: this.#problem === null && !this.#isClosing,
      entries: this.#entries,
      bytes: this.#writer?.totalBytes ?? 0,
      segment: this.#writer?.segment ?? 0,
      waitingBytes: this.#lineBytes + this.#writingBytes,
      problem: this.#problem,
    };
  }

  /** Writes what is left. Idempotent. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#wake.abort(true);
    await this.#running;
  }

  #before: Pick<JournalHeader, 'at' | 'symbols' | 'halted' | 'open'> = {
    at: this.#at,
    symbols: [],
    halted: [],
    open: [],
  };

  #beginBlock(at: Instant): void {
    const { symbols, halted } = this.#symbols;
    this.#before = { at, symbols: [...symbols], halted: [...halted], open: [...this.#open] };
  }

  #remember(input: FeedInput): void {
    if (input.kind === 'symbols') this.#symbols = { symbols: input.symbols, halted: input.halted ?? [] };
    else if (input.kind === 'opened') this.#open.add(input.connection);
    else if (input.kind === 'closed') this.#open.delete(input.connection);
  }

  async #run(): Promise<void> {
    const { clock, flushEveryMs = FLUSH_EVERY_MS } = this.#options;
    try {
      while (!this.#isClosing && this.#problem === null) {
        this.#wake = new AbortController();
        await clock.until(clock.now() + flushEveryMs, this.#wake.signal);
        await this.#flush();
      }
      await this.#flush();
    } catch (error) {
      this.#fail(
        error instanceof UpstreamError ? error : new UpstreamError(messageOf(error), { cause: error }),
      );
    }
    await this.#writer?.close().catch((error: UpstreamError) => this.#fail(error));
  }

  async #flush(): Promise<void> {
    if (this.#lines.length === 0 || this.#problem !== null) return;
    const { clock, segmentBytes = 256 << 20 } = this.#options;
    const writer = this.#writer!;
    const [lines, before] = [this.#lines, this.#before];
    this.#writingBytes = this.#lineBytes;
    this.#lines = [];
    this.#lineBytes = 0;
    const hour = Math.floor(clock.now() / SEGMENT_MS);
    if (hour !== this.#segmentHour || writer.bytes >= segmentBytes) {
      this.#segmentHour = hour;
      await writer.next(clock.now());
      lines.unshift(JSON.stringify(this.#header(before)));
    }
    await writer.append(`${lines.join('\n')}\n`);
    this.#writingBytes = 0;
  }

  #header(before: Pick<JournalHeader, 'at' | 'symbols' | 'halted' | 'open'>): JournalHeader {
    const { adapter, code } = this.#options;
    const { venue, wsUrl, restUrl, bookDepth } = adapter;
    const { liveness, ...feed } = this.#start!;
    return {
      kind: 'journal',
      version: JOURNAL_VERSION,
      venue,
      code,
      adapter: { wsUrl, restUrl, ...(bookDepth === undefined ? {} : { bookDepth }) },
      feed: { ...feed, ...(liveness ? { liveness: { ...liveness } as Record<string, number> } : {}) },
      segment: this.#writer!.segment,
      ...before,
    };
  }

  #fail(error: UpstreamError): void {
    if (this.#problem !== null) return;
    this.#problem = error.message;
    this.#lines = [];
    this.#lineBytes = 0;
    this.#writingBytes = 0;
    this.#wake.abort(true);
    this.#options.onFailed(error);
  }
}
