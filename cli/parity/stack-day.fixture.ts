/** A stack on the simulated exchange, run as fast as the machine can and recorded; and copies of the recording with something done to them. */
import { mkdtempSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../connectors/clock/system.ts';
import { venueAdapter } from '../../connectors/exchanges/adapters.ts';
import { openDuckDbHistory } from '../../connectors/history/duckdb.ts';
import type { JournalEntry } from '../../connectors/journal/entry.ts';
import { openJournal } from '../../connectors/journal/reader.ts';
import { openRecorder } from '../../connectors/journal/recorder.ts';
import type { Candle } from '../../schemas/candle.ts';
import { SignalParams } from '../../schemas/params.ts';
import { LocalStack } from '../local-stack.ts';
import { simulatedSource } from '../market-source.ts';
import { DEFAULT_STACK_CONFIG } from '../stack-config.ts';
import { recordedWarmth } from '../stack-recording.ts';

/** Faster than any machine is. */
const SPEED = 100_000;
/** Books are most of the work: with fewer changes of them all else is as it is. Unit: market ms. */
const BOOK_EVERY_MS = 1_000;

export interface StackDayOptions {
  readonly symbols: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
  readonly params: object;
}

export interface StackDay {
  readonly dir: string;
  readonly frames: string;
}

export async function recordedStack({ symbols, startMs, endMs, params }: StackDayOptions): Promise<StackDay> {
  const [dir, frames] = [mkdtempSync(join(tmpdir(), 'stack-')), mkdtempSync(join(tmpdir(), 'frames-'))];
  const source = await simulatedSource({
    seed: 1,
    speed: SPEED,
    symbols,
    startMs,
    bookEveryMs: BOOK_EVERY_MS,
  });
  const stack = await LocalStack.open({
    source,
    symbols,
    dir,
    seed: 1,
    survives: 'process',
    telegram: null,
    recordDir: frames,
    params: SignalParams.parse(params),
    config: DEFAULT_STACK_CONFIG,
    notice: () => {},
    onChart: () => {},
  });
  const running = stack.run();
  await Promise.race([source.clock.until(endMs), running]);
  await stack.stop();
  await running;
  await source.close();
  return { dir, frames };
}

/** A copy of the recording in which an entry is kept, or another in its place. */
export async function rewritten(
  frames: string,
  change: (entry: JournalEntry) => JournalEntry | null,
): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'frames-'));
  const { venue, dir: from, runs } = await openJournal(frames);
  await cp(from, join(dir, venue), { recursive: true, filter: (path) => !path.endsWith('.zst') });
  const [run] = runs;
  const { adapter, feed, code } = run!.header;
  const recorder = await openRecorder({
    dir,
    adapter: venueAdapter(venue, adapter),
    code,
    clock: systemClock,
    maxBytes: Number.POSITIVE_INFINITY,
    onFailed: (error) => void Promise.reject(error),
  });
  recorder.began(feed as Parameters<typeof recorder.began>[0]);
  for await (const { entries } of run!.blocks())
    for (const entry of entries) {
      const kept = change(entry);
      if (kept) recorder.told(kept.input, kept.at);
    }
  await recorder.close();
  return dir;
}

/** The middle one of those the stack published. */
export async function aSignal(dir: string): Promise<{ readonly symbol: string; readonly timestamp: number }> {
  const history = await openDuckDbHistory({ path: join(dir, 'history.duckdb') });
  const rows = await history.query(
    'SELECT symbol, epoch_ms("timestamp")::DOUBLE AS at FROM scalp_signals ORDER BY "timestamp", id',
    {},
  );
  await history.close();
  const { symbol, at } = rows[Math.floor(rows.length / 2)]!;
  return { symbol: String(symbol), timestamp: Number(at) };
}

/** Bars that the stack began with. */
export async function knownOf(frames: string): Promise<Candle[]> {
  return (await recordedWarmth(await openJournal(frames)))!;
}
