/** `cst replay`: recorded trades or bars through the graph, into one file a topic. */
import type { Command } from 'commander';
import { systemClock } from '../../connectors/clock/system.ts';
import type { ReplayEngine } from '../../pipelines/replay/engine.ts';
import { REVISIONS } from '../../pipelines/replay/output.ts';
import type { ReplaySummary } from '../../pipelines/replay/summary.ts';
import { ENGINE_NAMES, type EngineName } from '../../pipelines/runners/portable/engines/catalog.ts';
import { jsonLog } from '../../pipelines/worker/process/log.ts';
import { ConfigError } from '../../schemas/errors.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { INTERVALS, VENUES } from '../../schemas/primitives.ts';
import { assertFolder, assertPairs, fileOf, needed } from '../file-flags.ts';
import { oneOf } from '../flags.ts';
import { readParams } from '../params-file.ts';
import { progressBar } from '../progress.ts';
import { instantOf } from '../times.ts';

const RUNNERS = ['embedded', ...ENGINE_NAMES] as const;

const HELP = `
FILE is .parquet, .csv, .csv.gz, .ndjson or .ndjson.gz.
  Trades:  ts_ms, price, size; optionally trade_id, side (BUY or SELL). Rows in order of arrival.
  Bars     (with --interval): open_time_ms, open, high, low, close, volume; optionally turnover, trades.
A row that cannot be read becomes a line of dead-letters.ndjson with its line number; nothing is skipped silently.

Writes market-candles, market-levels, market-features, trade-signals-micro and dead-letters (.ndjson) to DIR,
the same bytes in every run. Of the numbers it prints, \`late\` are rows that came after their bar had closed,
\`droppedLate\` those of them too late for a revision, \`duplicates\` rows whose trade_id had come before in
the same file (files without trade_id have none); \`outputSha256\` is over the five files in the order named above.

--frames DIR runs what cst record (or cst relay --record) wrote through the same relay and the same graph, in the time
of then: gaps, resyncs and recoveries included. Same journal, same code: same bytes.

--runner prism and flink (cst engine install) run the same graph on those engines, in worker processes: a proof, not
a faster way. DIR gets the same bytes; where rows are late, that holds with --revisions last: how many revisions a
record goes through until its last depends on when an engine fires. A run that shows nothing new for 5 minutes is given
up; told to end (SIGTERM), it says what engine and workers said last.

Examples:
  cst replay BTCUSDT=trades.parquet --venue bybit --out out
  cst replay BTCUSDT=btc.csv.gz ETHUSDT=eth.csv.gz --venue binance --out out --json
  cst replay BTCUSDT=candles.parquet --interval 1m --venue bybit --out out
  cst replay --frames frames --out out
  cst replay --frames frames --venue kraken --out out --json
  cst replay BTCUSDT=may.parquet --venue bybit --out may --from 20240501 --to 20240601 --history april
`;

interface Flags {
  readonly frames?: string;
  readonly venue?: string;
  readonly out?: string;
  readonly interval?: string;
  readonly params?: string;
  readonly from?: string;
  readonly to?: string;
  readonly history?: string;
  readonly runner: string;
  readonly revisions: string;
  readonly json?: boolean;
}

export function addReplay(program: Command): void {
  program
    .command('replay')
    .summary('recorded trades or bars through the graph, into files')
    .description('Replays recorded trades (or bars) through the whole graph as fast as it goes.')
    .argument('[SYMBOL=FILE...]', 'one file for each symbol')
    .option('--frames <dir>', 'raw frames that cst record wrote, instead of files')
    .option('--venue <name>', `required with files: exchange the data comes from: ${VENUES.join(', ')}`)
    .option('--out <dir>', 'required: folder to write to; made where missing')
    .option('--interval <length>', `the files hold bars of this length: ${INTERVALS.join(', ')}`)
    .option('--params <file>', 'JSON with parameters that differ from the default')
    .option('--from <time>', 'leave out what is earlier: ISO 8601, ms, or YYYYMMDD (UTC)')
    .option('--to <time>', 'leave out what is at this time or later')
    .option('--history <dir>', 'output of an earlier replay whose candles up to --from warm the graph')
    .option('--runner <name>', `engine: ${RUNNERS.join(', ')}`, 'embedded')
    .option('--revisions <which>', `of each record: ${REVISIONS.join(', ')}`, 'all')
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', HELP)
    .action(runReplay);
}

async function runReplay(words: readonly string[], flags: Flags): Promise<void> {
  if (flags.frames !== undefined) {
    refuseWithFrames(words, flags);
    const out = needed(flags.out, '--out results');
    await assertFolder(out);
    const { runReplayFrames } = await import('../run-replay-frames.ts');
    return runReplayFrames({ ...flags, frames: flags.frames, out });
  }
  if (words.length === 0)
    throw new ConfigError('Expected SYMBOL=FILE, e.g. BTCUSDT=trades.parquet, or --frames DIR, got neither.');
  const files = words.map(fileOf);
  assertPairs(files.map(({ symbol }) => symbol));
  const venue = oneOf(needed(flags.venue, '--venue bybit'), VENUES, '--venue');
  const out = needed(flags.out, '--out results');
  const interval = flags.interval === undefined ? undefined : oneOf(flags.interval, INTERVALS, '--interval');
  const runner = oneOf(flags.runner, RUNNERS, '--runner');
  const revisions = oneOf(flags.revisions, REVISIONS, '--revisions');
  const fromMs = flags.from === undefined ? undefined : instantOf(flags.from, '--from');
  const toMs = flags.to === undefined ? undefined : instantOf(flags.to, '--to');
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new ConfigError(`Expected --from before --to, got ${flags.from} and ${flags.to}.`);
  }
  const params = flags.params === undefined ? DEFAULT_PARAMS : readParams(flags.params);
  await assertFolder(out);
  // Loaded when needed: the engine takes longer to load than a mistyped flag takes to name.
  const { replay } = await import('../../pipelines/replay/replay.ts');
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
function refuseWithFrames(words: readonly string[], flags: Flags): void {
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
  const { portableEngine } = await import('../../pipelines/runners/portable/engine.ts');
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
  const { readHistory } = await import('../../pipelines/replay/history.ts');
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
