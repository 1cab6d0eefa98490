/** What `cst replay` does: recorded trades or bars through the graph, into one file a topic. */
import { systemClock } from '../connectors/clock/system.ts';
import type { ReplayEngine } from '../pipelines/replay/engine.ts';
import type { Revisions } from '../pipelines/replay/output.ts';
import type { ReplaySummary } from '../pipelines/replay/summary.ts';
import type { EngineName } from '../pipelines/runners/portable/engines/catalog.ts';
import { jsonLog } from '../pipelines/worker/process/log.ts';
import { ConfigError } from '../schemas/errors.ts';
import { INTERVALS, type Interval, type Venue } from '../schemas/primitives.ts';
import { settingsFor } from './config/files.ts';
import { assertPairs, fileOf, makeFolder, needed } from './file-flags.ts';
import type { ConfigFlags } from './option-kinds.ts';
import { progressBar } from './progress.ts';
import { instantOf } from './times.ts';

export interface ReplayFlags extends ConfigFlags {
  readonly frames?: string;
  readonly venue?: Venue;
  readonly out?: string;
  readonly interval?: Interval;
  readonly params?: string;
  readonly from?: string;
  readonly to?: string;
  readonly history?: string;
  readonly runner: 'embedded' | EngineName;
  readonly revisions: Revisions;
  readonly json?: boolean;
}

/** @throws ConfigError naming the flag or file. */
export async function runReplay(words: readonly string[], flags: ReplayFlags): Promise<void> {
  if (flags.frames !== undefined) {
    refuseWithFrames(words, flags);
    const out = needed(flags.out, '--out results');
    await makeFolder(out, '--out');
    const { runReplayFrames } = await import('./run-replay-frames.ts');
    return runReplayFrames({ ...flags, frames: flags.frames, out });
  }
  if (words.length === 0)
    throw new ConfigError('Expected SYMBOL=FILE, e.g. BTCUSDT=trades.parquet, or --frames DIR, got neither.');
  const files = words.map(fileOf);
  assertPairs(files.map(({ symbol }) => symbol));
  const { venue, interval, runner, revisions } = flags;
  if (venue === undefined) throw new ConfigError('Expected the flag --venue, e.g. --venue bybit.');
  const out = needed(flags.out, '--out results');
  const fromMs = flags.from === undefined ? undefined : instantOf(flags.from, '--from');
  const toMs = flags.to === undefined ? undefined : instantOf(flags.to, '--to');
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new ConfigError(`Expected --from before --to, got ${flags.from} and ${flags.to}.`);
  }
  const params = settingsFor(flags).values.signals;
  await makeFolder(out, '--out');
  // Loaded when needed: the engine takes longer to load than a mistyped flag takes to name.
  const { replay } = await import('../pipelines/replay/replay.ts');
  const history = await historyOf(flags.history, fromMs);
  const bar = progressBar('replay', systemClock, process.stderr);
  try {
    const range = { fromMs, toMs };
    const options = { files, venue, interval, params, history, out, revisions, clock: systemClock, ...range };
    const engine = runner === 'embedded' ? {} : { engine: await portable(runner) };
    const summary = await replay({ ...options, ...engine, onProgress: (share) => bar.update(share) });
    process.stdout.write(flags.json ? `${JSON.stringify(summary)}\n` : textOf(summary, out));
  } finally {
    bar.stop();
  }
}

/** What only files have. */
function refuseWithFrames(words: readonly string[], flags: ReplayFlags): void {
  if (words.length > 0) throw new ConfigError(`Expected SYMBOL=FILE or --frames, got both: "${words[0]}".`);
  for (const name of ['interval', 'from', 'to'] as const) {
    if (flags[name] !== undefined) throw new ConfigError(`Expected --${name} with files, got --frames.`);
  }
  if (flags.runner !== 'embedded') {
    throw new ConfigError(`Expected --runner embedded with --frames, got --runner ${flags.runner}.`);
  }
}

/** Loaded when asked for: who replays in this process needs none of it. */
async function portable(name: EngineName): Promise<ReplayEngine> {
  const { portableEngine } = await import('../pipelines/runners/portable/engine.ts');
  const log = jsonLog(systemClock, (line) => process.stderr.write(line));
  const stop = new AbortController();
  // Whoever gives it up learns how far it came; Ctrl-C ends it at once, its engine and workers with it.
  process.once('SIGTERM', () => stop.abort());
  return portableEngine(name, { env: process.env, clock: systemClock, log, signal: stop.signal });
}

async function historyOf(folder: string | undefined, fromMs: number | undefined) {
  if (folder === undefined) return [];
  if (fromMs === undefined) {
    throw new ConfigError('Expected --from with --history: candles that close up to then warm the graph.');
  }
  const { readHistory } = await import('../pipelines/replay/history.ts');
  return readHistory(folder, fromMs);
}

function textOf(s: ReplaySummary, out: string): string {
  const n = (value: number) => value.toLocaleString('en-US');
  const rows = s.bars > 0 ? `${n(s.bars)} bars` : `${n(s.trades)} trades`;
  const late = `${n(s.late)} late (${n(s.droppedLate)} too late)`;
  const skipped = s.skipped > 0 ? `, ${n(s.skipped)} outside the time range` : '';
  const candles = INTERVALS.map((interval) => `${interval} ${n(s.candles[interval])}`).join(' · ');
  return [
    `read      ${rows} in ${(s.elapsedMs / 1_000).toFixed(1)} s (${n(s.tradesPerSecond)}/s): ${n(s.duplicates)} copies, ${late}${skipped}`,
    `candles   ${candles}`,
    `levels    ${n(s.levels)}    signals ${n(s.signals)}    dead letters ${n(s.deadLetters)}`,
    `written   ${out} (SHA-256 ${s.outputSha256.slice(0, 16)}…)`,
    '',
  ].join('\n');
}
