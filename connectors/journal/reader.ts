/** Reads journals: runs in their order, entries block by block. A torn tail is passed over, and told. */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  ConfigError,
  messageOf,
  NotFoundError,
  UpstreamError,
  WireFormatError,
} from '../../schemas/errors.ts';
import { VENUES, type Venue } from '../../schemas/primitives.ts';
import { linesOf } from './block.ts';
import { BlockReader, type RawBlock } from './block-reader.ts';
import { decodeEntry, type JournalEntry } from './entry.ts';
import { JOURNAL_VERSION, JournalHeader } from './header.ts';
import { parseSegmentName } from './segment-name.ts';

const READ_BYTES = 4 << 20;

export interface Journal {
  /** Of the venue's segments. */
  readonly dir: string;
  readonly venue: Venue;
  readonly bytes: number;
  readonly runs: readonly JournalRun[];
}

/** Segments that follow on one another. */
export interface JournalRun {
  readonly header: JournalHeader;
  /** False where segments before these were removed: the feed begins in the middle. */
  readonly isWhole: boolean;
  readonly bytes: number;
  /** Block by block, each with the bytes read for it, damage before it included. @throws UpstreamError, WireFormatError */
  blocks(): AsyncGenerator<JournalBlock>;
}

export interface JournalBlock {
  readonly entries: readonly JournalEntry[];
  readonly bytes: number;
  /** Bytes before it, or at the end, that are no block: a write that was cut off, or a disk that fails. */
  readonly damagedBytes: number;
}

interface Segment {
  readonly path: string;
  readonly run: string;
  readonly segment: number;
  readonly bytes: number;
}

/**
 * @param dir Of journals, or of one venue's.
 * @throws NotFoundError where there is none; ConfigError where there are several venues and none named, or one of a newer version.
 */
export async function openJournal(dir: string, venue?: Venue): Promise<Journal> {
  const folder = await venueFolder(dir, venue);
  const parts = partsOf(await segmentsOf(folder));
  const runs: JournalRun[] = [];
  for (const part of parts) {
    const run = await runOf(part);
    if (run) runs.push(run);
  }
  const [first] = runs;
  if (!first) throw new NotFoundError(`Expected a journal in ${folder}, got none that can be read.`);
  return {
    dir: folder,
    venue: first.header.venue,
    runs,
    bytes: runs.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function venueFolder(dir: string, venue: Venue | undefined): Promise<string> {
  const names = await namesIn(dir);
  if (names.some((name) => parseSegmentName(name))) return dir;
  const found = VENUES.filter((known) => names.includes(known));
  const wanted = venue ?? (found.length === 1 ? found[0] : undefined);
  if (wanted !== undefined && found.includes(wanted)) return join(dir, wanted);
  const expected = `Expected a journal${venue ? ` of ${venue}` : ''} in ${dir}`;
  if (found.length === 0) throw new NotFoundError(`${expected}, got none. Record one: cst record --help.`);
  throw new ConfigError(`${expected}, got those of ${found.join(', ')}. Name one with --venue.`);
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (cause) {
    throw new NotFoundError(`Expected a folder with a journal, got ${dir}: ${messageOf(cause)}.`, { cause });
  }
}

async function segmentsOf(dir: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const name of (await namesIn(dir)).sort()) {
    const parsed = parseSegmentName(name);
    if (!parsed) continue;
    const path = join(dir, name);
    const { size: bytes } = await stat(path);
    segments.push({ ...parsed, path, bytes });
  }
  return segments;
}

function partsOf(segments: readonly Segment[]): Segment[][] {
  const parts: Segment[][] = [];
  for (const segment of segments) {
    const last = parts.at(-1)?.at(-1);
    const follows = last?.run === segment.run && last.segment + 1 === segment.segment;
    if (follows) parts.at(-1)!.push(segment);
    else parts.push([segment]);
  }
  return parts;
}

/** From the first segment on whose beginning can be read. */
async function runOf(part: readonly Segment[]): Promise<JournalRun | undefined> {
  for (const [i, segment] of part.entries()) {
    const header = await headerOf(segment);
    if (!header) continue;
    const segments = part.slice(i);
    return {
      header,
      isWhole: header.segment === 1,
      bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      blocks: () => entriesOf(segments),
    };
  }
  return undefined;
}

/** Undefined where the first block was not written, or is damaged. */
async function headerOf(segment: Segment): Promise<JournalHeader | undefined> {
  for await (const { block } of blocksOf(segment)) {
    if (!block) return undefined;
    const [line = ''] = await linesOf(block);
    return isHeader(line) ? parseHeader(line, segment.path) : undefined;
  }
  return undefined;
}

function isHeader(line: string): boolean {
  return line.startsWith('{"kind":"journal"');
}

function parseHeader(line: string, path: string): JournalHeader {
  const told: unknown = JSON.parse(line);
  const header = JournalHeader.safeParse(told);
  if (header.success) return header.data;
  const { version } = (told ?? {}) as { version?: unknown };
  throw new ConfigError(
    `Expected a journal of version ${JOURNAL_VERSION} in ${path}, got version ${String(version)}. Read it with the program that wrote it.`,
  );
}

async function* entriesOf(segments: readonly Segment[]): AsyncGenerator<JournalBlock> {
  for (const segment of segments) {
    for await (const { block, bytes, damagedBytes } of blocksOf(segment)) {
      const lines = block ? await linesOf(block) : [];
      const told = lines.filter((line) => !isHeader(line));
      yield { entries: told.map((line) => decode(line, segment.path)), bytes, damagedBytes };
    }
  }
}

function decode(line: string, path: string): JournalEntry {
  try {
    return decodeEntry(line);
  } catch (cause) {
    throw new WireFormatError(`${basename(path)}: ${messageOf(cause)}`, { cause });
  }
}

/** The last may be none, and then tells the torn tail. */
async function* blocksOf({ path, bytes }: Segment): AsyncGenerator<RawBlock> {
  const file = await open(path).catch((cause) => {
    throw new UpstreamError(`Cannot read ${path}: ${messageOf(cause)}.`, { cause });
  });
  try {
    const reader = new BlockReader();
    const length = Math.min(READ_BYTES, bytes + 1);
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length);
      if (bytesRead === 0) break;
      yield* reader.take(buffer.subarray(0, bytesRead));
    }
    yield* reader.end();
  } finally {
    await file.close();
  }
}
