/** What `cst backtest` does: each variant over the same history, into files and a table. */
import { join } from 'node:path';
import { systemClock } from '../../connectors/clock/system.ts';
import { makeFolder, needed } from '../file-flags.ts';
import { progressBar } from '../progress.ts';
import { type Run, runOf } from '../report/folder.ts';
import { writePage } from '../report/write.ts';
import { version } from '../version.ts';
import { type DataFlags, filesRead, framesRead } from './data.ts';
import type { BacktestReport } from './report.ts';
import { type RuleFlags, variantsOf } from './settings.ts';
import { textOf } from './text.ts';

export interface BacktestFlags extends RuleFlags, DataFlags {
  readonly out?: string;
  readonly json?: boolean;
}

/** Of one variant. */
interface Done {
  readonly variant: string | null;
  /** Its folder. */
  readonly out: string;
  readonly elapsedMs: number;
  readonly report: BacktestReport;
}

/** @throws ConfigError naming the flag or file. */
export async function runBacktest(words: readonly string[], flags: BacktestFlags): Promise<void> {
  await backtestAll(words, flags, ({ report, ...told }) => {
    const title = told.variant === null ? '' : `variant ${told.variant}\n`;
    process.stdout.write(
      flags.json
        ? `${JSON.stringify({ ...told, ...report })}\n`
        : title + textOf(report, told.out, told.elapsedMs),
    );
  });
}

/** Each variant after the other, and the page of all of them. @throws ConfigError naming the flag or file. */
export async function backtestAll(
  words: readonly string[],
  flags: BacktestFlags,
  onDone: (done: Done) => void,
): Promise<Run[]> {
  const out = needed(flags.out, '--out results');
  const read = flags.frames === undefined ? await filesRead(words, flags) : await framesRead(words, flags);
  const variants = variantsOf(flags, read.venue);
  await makeFolder(out, '--out');
  // Loaded when needed: the graph takes longer to load than a wrong file takes to name.
  const { backtest } = await import('./backtest.ts');
  const runs: Run[] = [];
  const bar = progressBar('backtest', systemClock, process.stderr);
  try {
    for (const [i, { name, ...rules }] of variants.entries()) {
      const startedMs = systemClock.now();
      const folder = name === null ? out : join(out, name);
      const onProgress = (share: number) => bar.update((i + share) / variants.length);
      const given = { ...read, ...rules, code: version(), out: folder, trials: variants.length };
      const report = await backtest({ ...given, onProgress });
      runs.push(runOf(folder, name));
      writePage(folder, runs.slice(-1));
      onDone({ variant: name, out: folder, elapsedMs: systemClock.now() - startedMs, report });
    }
    if (runs.length > 1) writePage(out, runs);
  } finally {
    bar.stop();
  }
  return runs;
}
