/** What `cst lookahead-check` does: the same backtest on history that is cut, or changed, after an instant. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../connectors/clock/system.ts';
import { DAY_MS } from '../../schemas/primitives.ts';
import type { KnownRecord } from '../../transforms/lookahead/lookahead.ts';
import { type DataFlags, filesRead } from '../backtest/data.ts';
import type { BacktestOptions, FilesInput } from '../backtest/options.ts';
import { type RuleFlags, variantsOf } from '../backtest/settings.ts';
import { EXIT } from '../errors.ts';
import { progressBar } from '../progress.ts';
import { version } from '../version.ts';
import { type Change, type CheckedCut, lookaheadCheck } from './check.ts';

export interface LookaheadFlags extends Omit<RuleFlags, 'variant'>, Omit<DataFlags, 'frames' | 'trades'> {
  readonly cuts: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** Bars after the instant that are changed: who looks further ahead is found where history is cut. Unit: ms. */
const CHANGED_MS = DAY_MS;

/** @throws ConfigError naming the flag or file. */
export async function runLookaheadCheck(words: readonly string[], flags: LookaheadFlags): Promise<void> {
  const { cuts, seed } = flags;
  const read = await filesRead(words, flags);
  const input = read.input as FilesInput;
  const [rules] = variantsOf(flags, read.venue);
  const { knownRecords } = await import('./records.ts');
  const options = { ...read, ...rules!, input, code: version() };
  const bar = progressBar('lookahead-check', systemClock, process.stderr);
  try {
    const checked = await lookaheadCheck({
      cuts,
      seed,
      fromMs: input.fromMs ?? 0,
      onProgress: (share) => bar.update(share),
      run: (change) => runChanged(options, change, seed, knownRecords),
    });
    process.stdout.write(flags.json ? `${JSON.stringify(jsonOf(checked))}\n` : textOf(checked));
    if (checked.some(({ difference }) => difference !== null)) process.exitCode = EXIT.error;
  } finally {
    bar.stop();
  }
}

type Options = Omit<BacktestOptions, 'out' | 'input'> & { readonly input: FilesInput };

async function runChanged(
  options: Options,
  change: Change,
  seed: number,
  run: (options: Options) => Promise<KnownRecord[]>,
): Promise<KnownRecord[]> {
  if (change.kind === 'whole') return run(options);
  const { input } = options;
  if (change.kind === 'cut') return run({ ...options, input: { ...input, toMs: change.at } });
  const folder = mkdtempSync(join(tmpdir(), 'cst-changed-'));
  try {
    const { perturbed } = await import('./perturb.ts');
    const toMs = Math.min(input.toMs ?? Number.POSITIVE_INFINITY, change.at + CHANGED_MS);
    const files = await perturbed(input.files, { fromMs: change.at, toMs, seed, folder });
    return await run({ ...options, input: { ...input, files } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function jsonOf(checked: readonly CheckedCut[]): object {
  return { looksAhead: checked.some(({ difference }) => difference !== null), checks: checked };
}

export function textOf(checked: readonly CheckedCut[]): string {
  const lines = checked.map(({ kind, at, records, difference }) => {
    const what = kind === 'cut' ? 'cut at    ' : 'changed at';
    const head = `${what}  ${iso(at)}  ${records.toLocaleString('en-US')} records`;
    if (difference === null) return `${head}  the same`;
    const { topic, id, field, whole, other, cause } = difference;
    return [
      `${head}  NOT THE SAME`,
      `  first     ${topic} ${id}, known at ${iso(difference.at)}`,
      `  ${(field ?? 'record').padEnd(9)} ${short(whole)} with the whole history, ${short(other)} with this one`,
      `  cause     ${cause}`,
    ].join('\n');
  });
  const found = checked.filter(({ difference }) => difference !== null).length;
  const verdict =
    found === 0
      ? `none of ${checked.length} checks found a look ahead`
      : `${found} of ${checked.length} checks found a look ahead: a backtest of this earns with what nobody knew`;
  return `${[...lines, verdict].join('\n')}\n`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function short(value: string | null): string {
  if (value === null) return 'none';
  return value.length > 60 ? `${value.slice(0, 59)}…` : value;
}
