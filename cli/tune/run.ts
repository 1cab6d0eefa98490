/** What `cst tune` does: a search with its progress, into a file and a table. */
import { systemClock } from '../../connectors/clock/system.ts';
import { progressBar } from '../progress.ts';
import { type SearchFlags, searchOf, tune, writeReport } from './search.ts';
import { tuneText } from './text.ts';

/** @throws ConfigError naming the flag or file. */
export async function runTune(words: readonly string[], flags: SearchFlags): Promise<void> {
  const startedMs = systemClock.now();
  const search = await searchOf(words, flags);
  const bar = progressBar('tune', systemClock, process.stderr);
  const report = await tune(search, (share) => bar.update(share)).finally(() => bar.stop());
  writeReport(search.out, 'tune.json', report);
  const told = { ...report, out: search.out, elapsedMs: systemClock.now() - startedMs };
  process.stdout.write(
    flags.json ? `${JSON.stringify(told)}\n` : tuneText(report, search.out, told.elapsedMs),
  );
}
