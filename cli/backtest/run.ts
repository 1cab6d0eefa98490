/** What `cst backtest` does: each variant over the same history, into files and a table. */
import { join } from 'node:path';
import { systemClock } from '../../connectors/clock/system.ts';
import { VENUES } from '../../schemas/primitives.ts';
import { assertFolder, needed } from '../file-flags.ts';
import { oneOf, symbolsOf } from '../flags.ts';
import { progressBar } from '../progress.ts';
import { version } from '../version.ts';
import { backtest } from './backtest.ts';
import { filesOf, fundingsOf, historyOf, sourcesOf } from './data.ts';
import { type RuleFlags, variantsOf } from './settings.ts';
import { textOf } from './text.ts';
import { timerangeOf } from './timerange.ts';

export interface BacktestFlags extends RuleFlags {
  readonly timerange?: string;
  readonly pairs?: string;
  readonly venue: string;
  readonly trades?: boolean;
  readonly funding?: readonly string[];
  readonly history?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** @throws ConfigError naming the flag or file. */
export async function runBacktest(words: readonly string[], flags: BacktestFlags): Promise<void> {
  const range = timerangeOf(flags.timerange);
  const venue = oneOf(flags.venue, VENUES, '--venue');
  const files = filesOf(words, symbolsOf(flags.pairs, '--pairs'));
  const out = needed(flags.out, '--out results');
  await assertFolder(out);
  const variants = variantsOf(flags, venue);
  const [fundings, history, data] = await Promise.all([
    fundingsOf(flags.funding ?? []),
    historyOf(flags.history, range.fromMs),
    sourcesOf(files),
  ]);
  const interval = flags.trades ? undefined : ('1m' as const);
  const input = { files, interval, venue, ...range, fundings, history, data, code: version() };
  const bar = progressBar('backtest', systemClock, process.stderr);
  try {
    for (const [i, { name, ...rules }] of variants.entries()) {
      const startedMs = systemClock.now();
      const folder = name === null ? out : join(out, name);
      const onProgress = (share: number) => bar.update((i + share) / variants.length);
      const report = await backtest({ ...input, ...rules, out: folder, onProgress });
      const elapsedMs = systemClock.now() - startedMs;
      const title = name === null ? '' : `variant ${name}\n`;
      const told = { variant: name, out: folder, elapsedMs, ...report };
      process.stdout.write(
        flags.json ? `${JSON.stringify(told)}\n` : title + textOf(report, folder, elapsedMs),
      );
    }
  } finally {
    bar.stop();
  }
}
