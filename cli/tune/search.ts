/** A search for parameters: what flags ask for, the trials of it, the best of them, and how much of it is luck. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readSmallFile } from '../../connectors/files/small-file.ts';
import { ConfigError, messageOf, UpstreamError } from '../../schemas/errors.ts';
import {
  type Judgement,
  judged,
  type Objective,
  ranked,
  scoreOf,
} from '../../transforms/performance/selection.ts';
import { type DataFlags, filesRead } from '../backtest/data.ts';
import { dataHashOf } from '../backtest/data-hash.ts';
import type { FilesInput } from '../backtest/options.ts';
import { type RuleFlags, variantsOf } from '../backtest/settings.ts';
import { makeFolder, needed } from '../file-flags.ts';
import { version } from '../version.ts';
import { codeHash } from './code-hash.ts';
import { axesOf, drawsOf, gridOf, type Values, wordsOf } from './grid.ts';
import { TrialLedger } from './ledger.ts';
import type { TapeOptions } from './tape.ts';
import { type Tried, tried } from './trials.ts';

export interface SearchFlags extends Omit<RuleFlags, 'variant'>, Omit<DataFlags, 'frames'> {
  readonly grid?: readonly string[];
  readonly gridFile?: string;
  /** Draws. */
  readonly random?: number;
  readonly seed: number;
  readonly objective: Objective;
  readonly minTrades: number;
  readonly workers?: number;
  readonly ledger?: string;
  readonly out?: string;
  readonly json?: boolean;
}

export interface Search {
  readonly options: TapeOptions;
  readonly candidates: readonly Values[];
  readonly objective: Objective;
  readonly minTrades: number;
  readonly workers: number;
  readonly out: string;
  readonly ledgerPath: string;
  /** Of the files. */
  readonly dataHash: string;
}

export interface TuneReport {
  readonly version: string;
  readonly dataHash: string;
  readonly objective: Objective;
  readonly minTrades: number;
  /** Unit: ms since the epoch. */
  readonly range: { readonly fromMs: number; readonly toMs: number };
  readonly judgement: Judgement;
  /** The best first. */
  readonly trials: readonly {
    readonly score: number | null;
    readonly values: Values;
    readonly performance: Tried['performance'];
  }[];
}

/** @throws ConfigError naming the flag or file. */
export async function searchOf(words: readonly string[], flags: SearchFlags): Promise<Search> {
  const out = needed(flags.out, '--out results');
  const { objective, minTrades, seed, workers = availableParallelism(), venue = 'bybit' } = flags;
  const [rules] = variantsOf(flags, venue);
  if (rules!.desk.books.length > 1)
    throw new ConfigError(
      `Expected one book in --desk, got ${rules!.desk.books.length}. Tune them one by one.`,
    );
  const axes = axesOf([...(flags.grid ?? []), ...fileWords(flags.gridFile)], rules!);
  const candidates = flags.random === undefined ? gridOf(axes) : drawsOf(axes, flags.random, seed);
  const read = await filesRead(words, flags);
  await makeFolder(out, '--out');
  const options = { ...read, ...rules!, input: read.input as FilesInput, code: `${version()}+${codeHash()}` };
  const ledgerPath = flags.ledger ?? join(out, 'trials.sqlite');
  const dataHash = dataHashOf(read.data);
  return { options, candidates, objective, minTrades, workers, out, ledgerPath, dataHash };
}

function fileWords(path: string | undefined): string[] {
  if (path === undefined) return [];
  let grid: unknown;
  try {
    grid = JSON.parse(readSmallFile(path));
  } catch (cause) {
    throw new ConfigError(`Cannot read a grid from ${path}: ${messageOf(cause)}.`, { cause });
  }
  return wordsOf(grid, path);
}

/** The same search gives the same report, whoever many threads ran it, but for trials that were counted since. */
export async function tune(search: Search, onProgress?: (share: number) => void): Promise<TuneReport> {
  const { options, candidates, objective, minTrades, workers, out, ledgerPath, dataHash } = search;
  const ledger = new TrialLedger(ledgerPath, dataHash);
  try {
    const span = { fromMs: undefined, toMs: undefined, settles: false };
    const wanted = candidates.map((values) => ({ values, span }));
    const trials = await tried(wanted, { options, ledger, workers, out, ...(onProgress && { onProgress }) });
    const best = ranked(trials, objective, minTrades);
    const returns = trials.map(({ outcome }) => outcome.returns);
    const { fromMs, toMs } = best[0]!.outcome;
    // What made too few trades was not chosen for anything.
    const judgement = judged(best[0]!.outcome.returns, returns, ledger.counted());
    return {
      version: options.code,
      dataHash,
      objective,
      minTrades,
      range: { fromMs, toMs },
      judgement:
        scoreOf(best[0]!, objective, minTrades) === null ? { ...judgement, isSignificant: null } : judgement,
      trials: best.map((trial) => ({
        score: scoreOf(trial, objective, minTrades),
        values: trial.values,
        performance: trial.performance,
      })),
    };
  } finally {
    ledger.close();
  }
}

/** There whole, or not at all. @throws UpstreamError */
export function writeReport(folder: string, name: string, report: object): void {
  const path = join(folder, name);
  try {
    mkdirSync(folder, { recursive: true });
    const draft = `${path}.${process.pid}.tmp`;
    writeFileSync(draft, `${JSON.stringify(report, null, 2)}\n`, { flush: true });
    renameSync(draft, path);
  } catch (cause) {
    throw new UpstreamError(`Cannot write ${path}: ${messageOf(cause)}. Check space and permissions.`, {
      cause,
    });
  }
}
