/** Lines of a stack's log: those that were asked for, and those that are still to come. */
import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { SEVERITIES, type Severity } from '../../connectors/log-line.ts';
import { logFiles } from './log-file.ts';

export interface LogQuery {
  /** Unit: ms since the epoch. */
  readonly sinceMs: number;
  /** And what is graver. */
  readonly level: Severity;
  /** Of a trace or a signal, or how one begins; undefined: any. */
  readonly trace: string | undefined;
}

const Line = z.looseObject({
  severity: z.enum(SEVERITIES),
  message: z.string(),
  time: z.iso.datetime(),
  signal: z.string().optional(),
  'logging.googleapis.com/trace': z.string().optional(),
});
export type Line = z.output<typeof Line>;

/** A log that is read while it is written: each line once, whatever becomes of its files meanwhile. */
export class LogReader {
  readonly #paths: readonly [old: string, current: string];
  readonly #query: LogQuery;
  readonly #decoder = new TextDecoder();
  /** Of the file that is read; it stays the same file when it is put aside. Null before there is one. */
  #file: FileHandle | null = null;
  /** The beginning of a line whose end is not yet written. */
  #begun = '';

  constructor(dir: string, query: LogQuery) {
    this.#paths = logFiles(dir);
    this.#query = query;
  }

  /** Lines since the last call, at first all; the oldest first. What is no line of a log, e.g. cut off, is passed over. */
  async next(): Promise<Line[]> {
    let text = this.#file === null ? await this.#begin() : '';
    text += await this.#rest();
    for (let newer = await this.#newer(); newer !== null; newer = await this.#newer()) {
      // Written before the file was put aside.
      text += await this.#rest();
      await this.#file?.close();
      this.#file = newer;
      text += await this.#rest();
    }
    const lines = (this.#begun + text).split('\n');
    this.#begun = lines.pop() ?? '';
    return linesIn(lines, this.#query);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  /** What an earlier file holds. The current one is opened first: put aside in between, it is the earlier one. */
  async #begin(): Promise<string> {
    const [old, current] = this.#paths;
    this.#file = await opened(current);
    const earlier = await opened(old);
    try {
      if (earlier === null || this.#file === null || (await isSame(earlier, this.#file))) return '';
      return await earlier.readFile('utf8');
    } finally {
      await earlier?.close();
    }
  }

  async #rest(): Promise<string> {
    return this.#file === null ? '' : this.#decoder.decode(await this.#file.readFile(), { stream: true });
  }

  async #newer(): Promise<FileHandle | null> {
    const file = await opened(this.#paths[1]);
    if (file === null || !(await isSame(file, this.#file))) return file;
    await file.close();
    return null;
  }
}

async function opened(path: string): Promise<FileHandle | null> {
  return open(path).catch(() => null);
}

async function isSame(a: FileHandle, b: FileHandle | null): Promise<boolean> {
  return b !== null && (await a.stat()).ino === (await b.stat()).ino;
}

function linesIn(lines: readonly string[], query: LogQuery): Line[] {
  return lines.flatMap((line) => {
    const parsed = lineOf(line);
    return parsed !== null && isAsked(parsed, query) ? [parsed] : [];
  });
}

function lineOf(text: string): Line | null {
  try {
    return Line.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function isAsked(line: Line, { sinceMs, level, trace }: LogQuery): boolean {
  if (SEVERITIES.indexOf(line.severity) < SEVERITIES.indexOf(level)) return false;
  if (Date.parse(line.time) < sinceMs) return false;
  if (trace === undefined) return true;
  return [line.signal, line['logging.googleapis.com/trace']].some((id) => id?.startsWith(trace));
}
