/** Lines of a stack's log: those that were asked for, and those that are still to come. */
import { open, readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { Clock } from '../../connectors/clock/port.ts';
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

const LOOK_EVERY_MS = 250;

/** The oldest first; what is no line of a log, e.g. one that was cut off, is passed over. */
export async function readLog(dir: string, query: LogQuery): Promise<Line[]> {
  const texts = await Promise.all(logFiles(dir).map((path) => readFile(path, 'utf8').catch(() => '')));
  return linesIn(texts.join(''), query);
}

/** Told of whatever is written from now on, until it is over. */
export async function followLog(
  dir: string,
  query: LogQuery,
  { clock, signal, onLine }: { clock: Clock; signal: AbortSignal; onLine: (line: Line) => void },
): Promise<void> {
  const [old, current] = logFiles(dir);
  let { ino, size: at } = await placeOf(current);
  let rest = '';
  const take = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of linesIn(lines.join('\n'), query)) onLine(line);
  };
  while (!signal.aborted) {
    const now = await placeOf(current);
    if (now.ino !== ino) {
      // What was written before the file was put aside.
      if ((await placeOf(old)).ino === ino) take(await textFrom(old, at));
      [ino, at] = [now.ino, 0];
    }
    const text = await textFrom(current, at);
    at += Buffer.byteLength(text);
    take(text);
    await clock.until(clock.now() + LOOK_EVERY_MS, signal);
  }
}

async function placeOf(path: string): Promise<{ ino: number; size: number }> {
  return stat(path).catch(() => ({ ino: 0, size: 0 }));
}

async function textFrom(path: string, at: number): Promise<string> {
  const file = await open(path).catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.max(0, size - at));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
    // A letter of several bytes is written with its line, and lines at once.
    return bytes.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function linesIn(text: string, query: LogQuery): Line[] {
  return text.split('\n').flatMap((line) => {
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
