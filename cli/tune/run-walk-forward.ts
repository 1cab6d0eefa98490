/** What `cst walk-forward` does: windows of a time range, into a file and a table. */
import { systemClock } from '../../connectors/clock/system.ts';
import { ConfigError } from '../../schemas/errors.ts';
import { DAY_MS } from '../../schemas/primitives.ts';
import { walkWindows } from '../../transforms/performance/walk-forward.ts';
import { progressBar } from '../progress.ts';
import { type SearchFlags, searchOf, writeReport } from './search.ts';
import { walkForward } from './walk-forward.ts';
import { walkForwardText } from './walk-forward-text.ts';

export interface WalkForwardFlags extends SearchFlags {
  readonly train: string;
  readonly test: string;
  readonly anchored?: boolean;
}

/** @throws ConfigError naming the flag or file. */
export async function runWalkForward(words: readonly string[], flags: WalkForwardFlags): Promise<void> {
  const startedMs = systemClock.now();
  const lengths = { trainMs: daysOf(flags.train, '--train'), testMs: daysOf(flags.test, '--test') };
  const search = await searchOf(words, flags);
  const { fromMs, toMs } = search.options.input;
  if (fromMs === undefined || toMs === undefined)
    throw new ConfigError('Expected --timerange with a beginning and an end, e.g. 20250601-20250630.');
  const windows = walkWindows({ fromMs, toMs, ...lengths, isAnchored: flags.anchored === true });
  const bar = progressBar('walk-forward', systemClock, process.stderr);
  const report = await walkForward(search, windows, (share) => bar.update(share)).finally(() => bar.stop());
  writeReport(search.out, 'walk-forward.json', report);
  const told = { ...report, out: search.out, elapsedMs: systemClock.now() - startedMs };
  process.stdout.write(
    flags.json ? `${JSON.stringify(told)}\n` : walkForwardText(report, search.out, told.elapsedMs),
  );
}

const LENGTH = /^(\d+(?:\.\d+)?)d$/;

function daysOf(text: string, flag: string): number {
  const days = Number(LENGTH.exec(text)?.[1] ?? Number.NaN);
  if (days > 0 && days <= 3_650) return days * DAY_MS;
  throw new ConfigError(`Expected ${flag} as days, e.g. 20d, got "${text}".`);
}
