/** The backtests that docs/RESULTS.md tells of: run where they are missing, and read back. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BacktestTrade } from '../../cli/backtest/desk-run.ts';
import type { BacktestReport, BookReport } from '../../cli/backtest/report.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';

const CST = resolve(import.meta.dirname, '../../cli/main.ts');
const settings = (name: string) => join(import.meta.dirname, 'settings', `${name}.json`);
const BOOKS = ['--desk', settings('books')];

/** Flags by name. All else is default. */
const RUNS = {
  both: BOOKS,
  'sr-exhaustion': [...BOOKS, '--params', settings('sr-exhaustion')],
  champion: [...BOOKS, '--params', settings('champion')],
  'half-spread': [...BOOKS, '--assumptions', settings('half-spread')],
  free: ['--desk', settings('free'), '--assumptions', settings('no-spread')],
} as const;
export type RunName = keyof typeof RUNS;

/** A book of a run. */
export interface Result {
  readonly run: RunName;
  readonly book: string;
  readonly report: BookReport;
  /** By the time of their exit. */
  readonly trades: readonly BacktestTrade[];
}

export interface Results {
  readonly range: BacktestReport['range'];
  readonly dataHash: string;
  readonly results: readonly Result[];
  /** Of both strategies, traded or not. */
  readonly signals: readonly ScalpSignal[];
}

/** @param folder Runs that are there are read as they are. */
export function resultsIn(folder: string, bars: ReadonlyMap<string, string>): Results {
  const names = Object.keys(RUNS) as RunName[];
  for (const name of names) if (!existsSync(join(folder, name, 'report.json'))) run(name, folder, bars);
  const both = reportOf(folder, 'both');
  return {
    range: both.range,
    dataHash: both.data.hash,
    results: names.flatMap((name) => booksOf(folder, name)),
    signals: linesOf(folder, 'both', 'trade-signals-micro').map((line) => ScalpSignal.parse(line)),
  };
}

function run(name: RunName, folder: string, bars: ReadonlyMap<string, string>): void {
  const files = [...bars].map(([symbol, path]) => `${symbol}=${path}`);
  const args = [CST, 'backtest', ...files, ...RUNS[name], '--out', join(folder, name)];
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`Expected cst backtest to end well, got exit code ${status}.`);
}

function booksOf(folder: string, run: RunName): Result[] {
  const trades = linesOf(folder, run, 'trades').map(tradeOf);
  return Object.entries(reportOf(folder, run).books).map(([book, report]) => {
    return { run, book, report, trades: trades.filter((trade) => trade.book === book) };
  });
}

function reportOf(folder: string, run: RunName): BacktestReport {
  return JSON.parse(readFileSync(join(folder, run, 'report.json'), 'utf8'));
}

function linesOf(folder: string, run: RunName, file: string): unknown[] {
  const lines = readFileSync(join(folder, run, `${file}.ndjson`), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

function tradeOf(line: unknown): BacktestTrade {
  const told = line as Omit<BacktestTrade, 'openedAt' | 'closedAt'> & Record<'openedAt' | 'closedAt', string>;
  return { ...told, openedAt: Date.parse(told.openedAt), closedAt: Date.parse(told.closedAt) };
}
