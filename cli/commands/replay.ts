/** `cst replay`: its flags. What it does is loaded when it is asked for: no other command should wait for it. */
import type { Command } from 'commander';
import type { Revisions } from '../../pipelines/replay/output.ts';
import { ENGINE_NAMES } from '../../pipelines/runners/portable/engines/catalog.ts';
import { INTERVALS, VENUES } from '../../schemas/primitives.ts';
import {
  addConfigOption,
  choiceOption,
  folderOption,
  pathArgument,
  settingsOption,
} from '../option-kinds.ts';
import type { ReplayFlags } from '../run-replay.ts';

const RUNNERS = ['embedded', ...ENGINE_NAMES];
const REVISIONS: readonly Revisions[] = ['all', 'last'];

const HELP = `
FILE is .parquet, .csv, .csv.gz, .ndjson or .ndjson.gz.
  Trades:  ts_ms, price, size; optionally trade_id, side (BUY or SELL). Rows in order of arrival.
  Bars     (with --interval): open_time_ms, open, high, low, close, volume; optionally turnover, trades.
A row that cannot be read becomes a line of dead-letters.ndjson with its line number; nothing is skipped silently.

Writes market-candles, market-levels, market-features, trade-signals-micro and dead-letters (.ndjson) to DIR,
the same bytes in every run. Of the numbers it prints, \`late\` are rows that came after their bar had closed,
\`droppedLate\` those of them too late for a revision, \`duplicates\` rows whose trade_id had come before in
the same file (files without trade_id have none); \`outputSha256\` is over the five files in the order named above.

Parameters are those that cst start would have here: of cst.json, the environment and --params (cst config show --set).

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

export function addReplay(program: Command): void {
  const command = program
    .command('replay')
    .summary('recorded trades or bars through the graph, into files')
    .description('Replays recorded trades (or bars) through the whole graph as fast as it goes.');
  addConfigOption(command)
    .addArgument(pathArgument('[SYMBOL=FILE...]', 'one file for each symbol', 'file'))
    .addOption(folderOption('--frames <dir>', 'raw frames that cst record wrote, instead of files'))
    .addOption(choiceOption('--venue <name>', 'required with files: exchange the data comes from', VENUES))
    .addOption(folderOption('--out <dir>', 'required: folder to write to; made where missing'))
    .addOption(choiceOption('--interval <length>', 'the files hold bars of this length', INTERVALS))
    .addOption(
      settingsOption('--params <file>', 'JSON with parameters that differ from the default', 'signals'),
    )
    .option('--from <time>', 'leave out what is earlier: ISO 8601, ms, or YYYYMMDD (UTC)')
    .option('--to <time>', 'leave out what is at this time or later')
    .addOption(
      folderOption(
        '--history <dir>',
        'output of an earlier replay whose candles up to --from warm the graph',
      ),
    )
    .addOption(choiceOption('--runner <name>', 'engine', RUNNERS, 'embedded'))
    .addOption(choiceOption('--revisions <which>', 'of each record', REVISIONS, 'all'))
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', HELP)
    .action(async (words: readonly string[], flags: ReplayFlags) =>
      (await import('../run-replay.ts')).runReplay(words, flags),
    );
}
