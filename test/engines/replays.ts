/** `cst replay` as a user runs it, and the comparison of what two runs wrote. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock } from '../../connectors/clock/system.ts';
import { REPLAY_TOPICS } from '../../pipelines/replay/output.ts';
import type { ReplaySummary } from '../../pipelines/replay/summary.ts';
import { ENVIRONMENT } from './needs.ts';

const CST = resolve(import.meta.dirname, '../../cli/main.ts');
const SHOWN_DIFFERENCES = 3;
const SHOWN_CHARACTERS = 400;

/**
 * The longest replay took 411 s on two cores shared with others. After that it is told to end, and says what engine,
 * workers and job said last; a standstill it tells itself after 5 minutes. Unit: ms.
 */
const LIMIT_MS = 600_000;
/** From there to the end by force. Unit: ms. */
const GRACE_MS = 20_000;
/** Two replays in a row at their limits have ended by then. Unit: ms. */
export const CASE_LIMIT_MS = 2 * (LIMIT_MS + GRACE_MS);

/**
 * Rejects with what it said on stderr where it did not end with code 0, or not in time.
 * @param words `SYMBOL=FILE` and flags but for --out and --json. @param temporary Folder for temporary files.
 */
export async function runReplay(
  words: readonly string[],
  out: string,
  temporary = tmpdir(),
): Promise<ReplaySummary> {
  const child = spawn(process.execPath, [CST, 'replay', ...words, '--out', out, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...ENVIRONMENT, TMPDIR: temporary },
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => {
      text[name] += part;
    });
  }
  const over = new AbortController();
  const ended = new Promise<string | number>((done) => {
    child.once('error', (error) => done(error.message));
    child.once('close', (code, signal) => done(code ?? signal ?? ''));
  }).finally(() => over.abort());
  const [how] = await Promise.all([ended, endInTime(child, over.signal)]);
  if (how === 0) return JSON.parse(text.stdout.trim().split('\n').at(-1) ?? '');
  throw new Error(`cst replay ${words.join(' ')} ended with ${how}:\n${text.stderr}`);
}

async function endInTime(child: ChildProcess, over: AbortSignal): Promise<void> {
  for (const [ms, signal] of [
    [LIMIT_MS, 'SIGTERM'],
    [GRACE_MS, 'SIGKILL'],
  ] as const) {
    await systemClock.until(systemClock.now() + ms, over);
    if (over.aborted) return;
    child.kill(signal);
  }
}

type Topic = (typeof REPLAY_TOPICS)[number];

/** What differs between two folders of output, the first lines of it; empty where every byte is the same. */
export function differences(
  expected: string,
  got: string,
  topics: readonly Topic[] = REPLAY_TOPICS,
): string[] {
  return topics.flatMap((topic) => {
    const [theirs, ours] = [expected, got].map((folder) => readFileSync(join(folder, `${topic}.ndjson`)));
    if (sha256(theirs!) === sha256(ours!)) return [];
    return [`${topic}: ${linesThatDiffer(theirs!.toString('utf8'), ours!.toString('utf8'))}`];
  });
}

function linesThatDiffer(expected: string, got: string): string {
  const [theirs, ours] = [expected.split('\n'), got.split('\n')];
  const [inTheirs, inOurs] = [new Set(theirs), new Set(ours)];
  const missing = theirs.filter((line) => !inOurs.has(line));
  const extra = ours.filter((line) => !inTheirs.has(line));
  const shown = (sign: string, lines: readonly string[]) =>
    lines.slice(0, SHOWN_DIFFERENCES).map((line) => `\n  ${sign} ${line.slice(0, SHOWN_CHARACTERS)}`);
  const counts = `${theirs.length - 1} lines expected, ${ours.length - 1} got, ${missing.length} missing, ${extra.length} too many`;
  return [counts, ...shown('-', missing), ...shown('+', extra)].join('');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
