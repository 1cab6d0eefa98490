/** What `cst parity` does: the signals a stack published against those of a replay of the recording. */
import { join } from 'node:path';
import { systemClock } from '../../connectors/clock/system.ts';
import { openJournal } from '../../connectors/journal/reader.ts';
import { HISTORY_FILE } from '../../connectors/sql/duckdb/tables.ts';
import { readHistory } from '../../pipelines/replay/history.ts';
import { type Candle, closeTime } from '../../schemas/candle.ts';
import { ConfigError, NotFoundError } from '../../schemas/errors.ts';
import { DAY_MS, INTERVALS, MINUTE_MS, type Venue } from '../../schemas/primitives.ts';
import { type ParityDifference, type ParitySide, parityOf } from '../../transforms/parity/parity.ts';
import { timerangeOf } from '../backtest/timerange.ts';
import { settingsFor } from '../config/files.ts';
import { EXIT } from '../errors.ts';
import { needed } from '../file-flags.ts';
import { type HistoryPlace, historyPlaceOf, openHistory } from '../history-place.ts';
import type { ConfigFlags } from '../option-kinds.ts';
import { progressBar } from '../progress.ts';
import { foldersWith } from '../stack-folders.ts';
import { recordedWarmth } from '../stack-recording.ts';
import type { ParitySpan } from './sides.ts';

export interface ParityFlags extends ConfigFlags {
  readonly dir?: string;
  readonly frames?: string;
  readonly venue?: Venue;
  readonly params?: string;
  readonly history?: string;
  readonly timerange?: string;
  readonly json?: boolean;
}

export interface ParityReport {
  readonly range: ParitySpan;
  /** Close of the last bar of the replay: beyond `range`, where the stack was stopped or failed before it. Unit: ms since the epoch. */
  readonly recordedMs: number;
  readonly live: number;
  readonly replay: number;
  readonly differences: readonly ParityDifference[];
}

/** More than this a stack that is stopped does not leave: one that closed no bar for longer missed them. Unit: ms. */
const LEFT_MS = 15 * MINUTE_MS;

/** @throws as `compared` does. */
export async function runParity(flags: ParityFlags): Promise<void> {
  const bar = progressBar('parity', systemClock, process.stderr);
  const report = await compared(flags, (share) => bar.update(share)).finally(() => bar.stop());
  process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : parityText(report));
  if (report.differences.length > 0) process.exitCode = EXIT.error;
}

/** @throws ConfigError naming the flag or file; NotFoundError where the folder has no history. */
export async function compared(
  flags: ParityFlags,
  onProgress: (share: number) => void = () => undefined,
): Promise<ParityReport> {
  const place = await placeOf(needed(flags.dir, '--dir .cst'));
  const params = settingsFor(flags).values.signals;
  const range = timerangeOf(flags.timerange);
  const journal = await openJournal(needed(flags.frames, '--frames frames'), flags.venue);
  const began = journal.runs[0]!.header.at.market;
  const { liveSide, replaySide, within } = await import('./sides.ts');
  const history = await openHistory(place);
  try {
    const warm =
      flags.history === undefined
        ? ((await recordedWarmth(journal)) ?? (await knownBefore(history, journal.venue, began)))
        : await readHistory(flags.history, began);
    const replayed = await replaySide({ journal, params, history: warm, onProgress });
    const replayedMs = lastClose(replayed, began);
    const live = await liveSide(history, { fromMs: began, toMs: replayedMs + DAY_MS });
    // Not of what closed before the recording began, or after one of them ended: a stack that is stopped leaves its last
    // minutes to its successor, while a replay closes them.
    const liveMs = lastClose(live, began);
    const endedMs = replayedMs - liveMs > LEFT_MS ? replayedMs : Math.min(replayedMs, liveMs);
    const span = {
      fromMs: Math.max(range.fromMs ?? began, began),
      toMs: Math.min(range.toMs ?? endedMs, endedMs),
    };
    const [a, b] = [within(live, span, began), within(replayed, span, began)];
    const counts = { live: a.signals.length, replay: b.signals.length };
    return { range: span, recordedMs: replayedMs, ...counts, differences: parityOf(a, b) };
  } finally {
    await history.close();
  }
}

function lastClose({ rows }: ParitySide, otherwiseMs: number): number {
  return rows.reduce((last, { closeTime }) => Math.max(last, closeTime), otherwiseMs);
}

/** A folder of `cst start`, or a place by name. */
async function placeOf(dir: string): Promise<HistoryPlace> {
  if (/^(duckdb|bigquery):/.test(dir)) return historyPlaceOf(dir, '--dir');
  const [folder, other] = foldersWith(HISTORY_FILE, dir);
  if (folder === undefined)
    throw new NotFoundError(
      `Expected the history of a stack in ${join(dir, HISTORY_FILE)}, got none. Name the --dir of cst start.`,
    );
  if (other !== undefined && folder !== join(dir))
    throw new ConfigError(`Expected --dir of one stack, got two: ${folder} and ${other}.`);
  return historyPlaceOf(`duckdb:${join(folder, HISTORY_FILE)}`, '--dir');
}

/** Bars that the graph could have been warmed with: 1h bars of 200 h, those of the ATR baseline, and all shorter. */
const WARM_MS = 23 * DAY_MS;

async function knownBefore(
  history: Awaited<ReturnType<typeof openHistory>>,
  venue: Parameters<typeof history.candles>[0]['venue'],
  beforeMs: number,
): Promise<Candle[]> {
  const found = await history.query(
    'SELECT DISTINCT symbol FROM candles WHERE venue = $venue ORDER BY symbol',
    {
      venue,
    },
  );
  const symbols = found.map(({ symbol }) => String(symbol));
  const candles: Candle[] = [];
  for (const interval of INTERVALS) {
    const query = { venue, symbols, interval, fromMs: beforeMs - WARM_MS, toMs: beforeMs };
    candles.push(...(await history.candles(query)).filter((candle) => closeTime(candle) <= beforeMs));
  }
  return candles;
}

export function parityText({ range, recordedMs, live, replay, differences }: ParityReport): string {
  const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16);
  const lines = differences.map(({ id, kind, field, cause, detail }) => {
    const what =
      kind === 'OTHERWISE' ? `${field} differs` : kind === 'ONLY_LIVE' ? 'only live' : 'only in the replay';
    return `${cause.padEnd(18)} ${id}: ${what}\n${' '.repeat(19)}${detail}`;
  });
  const n = (value: number) => value.toLocaleString('en-US');
  return [
    `compared  ${n(live)} live signals with ${n(replay)} of the replay, ${iso(range.fromMs)}Z to ${iso(range.toMs)}Z`,
    ...(recordedMs > range.toMs ? [`left out  what closed after that, until ${iso(recordedMs)}Z`] : []),
    ...lines,
    differences.length === 0 ? 'the same  no difference' : `differ    ${n(differences.length)} signals`,
    '',
  ].join('\n');
}
