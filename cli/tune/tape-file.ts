/** A tape on disk: compressed JSON lines, a level set once, in the place where it is first needed. */
import { createReadStream, createWriteStream, renameSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { DeskInput } from '../../functions/trade-desk/input.ts';
import { messageOf, UpstreamError } from '../../schemas/errors.ts';
import type { LevelSet } from '../../schemas/level-set.ts';
import type { Tape, TapeEntry } from './tape.ts';

/** `set`: number of a level set told before, or the set itself, which has the next number. */
interface Line {
  readonly input: DeskInput;
  readonly set?: number | LevelSet | null;
}

/** Lines put together before they are compressed. */
const LINES = 1_000;

/** None is there before it is whole. @throws UpstreamError */
export async function writeTape(path: string, tape: Tape): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  await named(path, async () => {
    await pipeline(Readable.from(blocksOf(tape)), createZstdCompress(), createWriteStream(draft));
    renameSync(draft, path);
  });
}

function* blocksOf({ entries, ...head }: Tape): Iterable<string> {
  yield `${JSON.stringify(head)}\n`;
  const numbers = new Map<LevelSet, number>();
  let block = '';
  for (const [i, entry] of entries.entries()) {
    block += `${JSON.stringify(lineOf(entry, numbers))}\n`;
    if ((i + 1) % LINES !== 0) continue;
    yield block;
    block = '';
  }
  if (block !== '') yield block;
}

function lineOf({ input, levels }: TapeEntry, numbers: Map<LevelSet, number>): Line {
  if (levels === undefined) return { input };
  if (levels === null) return { input, set: null };
  const number = numbers.get(levels);
  if (number !== undefined) return { input, set: number };
  numbers.set(levels, numbers.size);
  return { input, set: levels };
}

/** @throws UpstreamError where it is not there or not whole. */
export function readTape(path: string): Promise<Tape> {
  return named(path, async () => {
    const file = createReadStream(path);
    const text = createZstdDecompress();
    const read = pipeline(file, text);
    read.catch(() => undefined);
    const sets: LevelSet[] = [];
    const entries: TapeEntry[] = [];
    let head: Omit<Tape, 'entries'> | undefined;
    for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (head === undefined) head = JSON.parse(line) as Omit<Tape, 'entries'>;
      else entries.push(entryOf(JSON.parse(line) as Line, sets));
    }
    await read;
    if (head === undefined) throw new Error('nothing is in it');
    return { ...head, entries };
  });
}

function entryOf({ input, set }: Line, sets: LevelSet[]): TapeEntry {
  if (set === undefined) return { input };
  if (set === null) return { input, levels: null };
  if (typeof set === 'number') return { input, levels: sets[set]! };
  sets.push(set);
  return { input, levels: set };
}

async function named<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw new UpstreamError(
      `Cannot use the tape ${path}: ${messageOf(cause)}. Check space and permissions.`,
      {
        cause,
      },
    );
  }
}
