/** What `cst backfill` does: bars of an exchange or rows of files into history, counted at the end. */
import { join, resolve } from 'node:path';
import { systemClock } from '../connectors/clock/system.ts';
import { venueAdapter } from '../connectors/exchanges/adapters.ts';
import { BackfillCursor } from '../connectors/history/backfill/cursor.ts';
import { type ImportResult, importFiles } from '../connectors/history/backfill/import.ts';
import { backfillKlines, type KlineBackfillResult } from '../connectors/history/backfill/klines.ts';
import type { Verdict } from '../connectors/history/backfill/verify.ts';
import type { History } from '../connectors/history/port.ts';
import { ConfigError, UpstreamError } from '../schemas/errors.ts';
import type { Interval, Venue } from '../schemas/primitives.ts';
import { timerangeOf } from './backtest/timerange.ts';
import { EXIT } from './errors.ts';
import { fileOf } from './file-flags.ts';
import { type HistoryPlace, historyPlaceOf, openHistory } from './history-place.ts';
import { progressBar } from './progress.ts';

export interface BackfillFlags {
  readonly pairs?: readonly string[];
  readonly timerange?: string;
  readonly interval: Interval;
  readonly venue: Venue;
  readonly trades?: boolean;
  readonly to: string;
  readonly state: string;
  readonly restUrl?: string;
  readonly json?: boolean;
}

interface Settings {
  readonly place: HistoryPlace;
  readonly venue: Venue;
  readonly interval: Interval;
}

/** @throws ConfigError, NotFoundError, UpstreamError */
export async function runBackfill(words: readonly string[], flags: BackfillFlags): Promise<void> {
  const settings: Settings = {
    place: historyPlaceOf(flags.to, '--to'),
    venue: flags.venue,
    interval: flags.interval,
  };
  const work = words.length > 0 ? filesOf(words, flags, settings) : klinesOf(flags, settings);
  const history = await openHistory(settings.place);
  const bar = progressBar('backfill', systemClock, process.stderr);
  const startMs = systemClock.now();
  try {
    const result = await work(history, (share) => bar.update(share)).catch(resumable);
    bar.stop();
    const elapsedMs = Math.round(systemClock.now() - startMs);
    const summary = { to: settings.place.name, interval: settings.interval, ...result, elapsedMs };
    process.stdout.write(flags.json ? `${JSON.stringify(summary)}\n` : textOf(summary));
    const isWhole =
      result.verdicts.every(({ holes }) => holes.length === 0) && !('bad' in result && result.bad);
    if (!isWhole) process.exitCode = EXIT.error;
  } finally {
    bar.stop();
    await history.close();
  }
}

/** What failed outside may come back, and nothing that was done is lost. */
function resumable(cause: unknown): never {
  if (!(cause instanceof UpstreamError)) throw cause;
  throw new UpstreamError(`${cause.message} Run the same command again: it goes on from here.`, { cause });
}

type Result = KlineBackfillResult | ImportResult;
type Work = (history: History, onProgress: (share: number) => void) => Promise<Result>;

/** @throws ConfigError */
function klinesOf(flags: BackfillFlags, { place, venue, interval }: Settings): Work {
  const { pairs: symbols } = flags;
  const { fromMs, toMs = systemClock.now() } = timerangeOf(flags.timerange);
  if (symbols === undefined || fromMs === undefined) {
    throw new ConfigError(
      'Expected --pairs BTCUSDT and a --timerange that begins somewhere (20250101-20250201), or files. See cst backfill --help.',
    );
  }
  if (flags.trades) throw new ConfigError('Expected --trades with files: exchanges give bars of the past.');
  const adapter = venueAdapter(venue, flags.restUrl === undefined ? {} : { restUrl: flags.restUrl });
  const rest = adapter.rest({ baseUrl: adapter.restUrl, clock: systemClock });
  return async (history, onProgress) => {
    const cursor = new BackfillCursor(join(resolve(flags.state), 'backfill.sqlite'));
    try {
      const range = { fromMs, toMs, clock: systemClock, target: place.name };
      return await backfillKlines({
        history,
        cursor,
        rest,
        venue,
        symbols,
        interval,
        onProgress,
        ...range,
      });
    } finally {
      cursor.close();
    }
  };
}

/** @throws ConfigError */
function filesOf(words: readonly string[], flags: BackfillFlags, { venue, interval }: Settings): Work {
  for (const name of ['pairs', 'timerange', 'restUrl'] as const) {
    if (flags[name] === undefined) continue;
    const flag = name === 'restUrl' ? '--rest-url' : `--${name}`;
    throw new ConfigError(`Expected ${flag} or files, got both: "${words[0]}".`);
  }
  const files = words.map((word) => (word.includes('=') ? fileOf(word) : { symbol: null, path: word }));
  const trades = flags.trades ?? false;
  return (history, onProgress) => importFiles({ history, files, venue, interval, trades, onProgress });
}

type Summary = Result & { readonly to: string; readonly interval: Interval; readonly elapsedMs: number };

const MOST_HOLES = 5;

function textOf(summary: Summary): string {
  const n = (value: number) => value.toLocaleString('en-US');
  const rows = 'fetched' in summary ? summary.fetched : summary.rows;
  const seconds = summary.elapsedMs / 1_000;
  const rate = seconds > 0 ? ` (${n(Math.round(rows / seconds))}/s)` : '';
  const known =
    'fetched' in summary
      ? `, ${n(summary.pagesKnown)} of ${n(summary.pages + summary.pagesKnown)} pages were there`
      : '';
  return [
    `${'fetched' in summary ? 'fetched' : 'read   '}   ${n(rows)} rows in ${seconds.toFixed(1)} s${rate}${known}`,
    ...('bad' in summary ? badLines(summary) : []),
    ...summary.verdicts.flatMap((verdict) => verdictLines(verdict, n)),
    `history   ${summary.to}`,
    '',
  ].join('\n');
}

function badLines({ bad, firstBad }: ImportResult): string[] {
  if (bad === 0) return [];
  return [
    `refused   ${bad} rows`,
    ...firstBad.map(({ path, line, reason }) => `          ${path}:${line} ${reason}`),
  ];
}

function verdictLines({ symbol, bars, expected, holes }: Verdict, n: (value: number) => string): string[] {
  const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;
  const state =
    holes.length === 0
      ? 'whole'
      : `${holes.length} ${holes.length === 1 ? 'hole' : 'holes'}, in the gap ledger`;
  const told = holes
    .slice(0, MOST_HOLES)
    .map(({ fromMs, toMs }) => `          ${iso(fromMs)} – ${iso(toMs)}`);
  const more = holes.length > MOST_HOLES ? [`          … and ${holes.length - MOST_HOLES} more`] : [];
  return [`${symbol.padEnd(9)} ${n(bars)} of ${n(expected)} bars: ${state}`, ...told, ...more];
}
