/** `cst backfill` and `cst export`: history filled from exchanges and files, and written to files. */
import type { Command } from 'commander';
import { INTERVALS, VENUES } from '../../schemas/primitives.ts';
import { choiceOption, folderOption, pathArgument, symbolsOption } from '../option-kinds.ts';
import type { BackfillFlags } from '../run-backfill.ts';
import type { ExportFlags } from '../run-export.ts';

const BACKFILL_HELP = `
From an exchange, with --pairs and --timerange: its own bars, asked for within its limits. Run the same command again
after whatever stopped it, kill -9 included: what is there is not fetched again, no bar is missing and none is twice.
A bar that history has of its own trades stays the better one (its revision is higher).

From files: bars of one symbol (SYMBOL=FILE; columns open_time_ms, open, high, low, close, volume, optionally turnover,
trades), its trades with --trades (ts_ms, price, size, trade_id, optionally side), as .parquet, .csv, .csv.gz, .ndjson
or .ndjson.gz; or whole tables in files named after a table or topic: what cst export and cst replay write. What cst
record wrote comes in by a replay: cst replay --frames frames --out out, then cst backfill out/*.ndjson.

At the end what is there is counted against what there should be. Holes go to the gap ledger (feed_events, kind GAP;
RECOVERED once a later run fills them), and end with exit code 1, as do rows of a file that cannot be read.

Examples:
  cst backfill --pairs BTCUSDT,ETHUSDT --timerange 20250101-20250201
  cst backfill --pairs BTCUSDT --timerange 20250101- --interval 1h --to duckdb:history.duckdb
  cst backfill --pairs BTCUSDT --timerange 20250101-20250201 --to bigquery:my-project.history
  cst backfill BTCUSDT=btc-1m.parquet ETHUSDT=eth-1m.csv.gz
  cst backfill candles.parquet out/market-candles.ndjson
`;

const EXPORT_HELP = `
Writes DIR/<table>.parquet for each table: whole files, rows in order of time. cst sql --history DIR reads the folder as
it is; cst backfill DIR/*.parquet brings it into another history, DuckDB or BigQuery.
Tables of BigQuery: EXPORT DATA, or bq extract.

Examples:
  cst export --out backup
  cst export --history history.duckdb --tables candles,ticks --timerange 20250101-20250201 --out january
`;

export function addBackfill(program: Command): void {
  program
    .command('backfill')
    .summary('history from an exchange’s bars, or from files')
    .description(
      'Fills history with bars of an exchange, or with recorded files. Once, however often it is run.',
    )
    .addArgument(pathArgument('[FILE...]', 'SYMBOL=FILE, or files named after a table or topic', 'file'))
    .addOption(
      symbolsOption('--pairs <symbols>', 'from the exchange, by its own names, e.g. BTCUSDT,ETHUSDT'),
    )
    .option('--timerange <range>', 'UTC, the first day included, the second not; up to now where left out')
    .addOption(choiceOption('--interval <length>', 'of the bars', INTERVALS, '1m'))
    .addOption(choiceOption('--venue <name>', 'exchange', VENUES, 'bybit'))
    .option('--trades', 'the files hold trades, not bars')
    .option(
      '--to <history>',
      'duckdb:PATH (of a stack that does not run now) or bigquery:PROJECT.DATASET',
      'duckdb:.cst/history.duckdb',
    )
    .addOption(folderOption('--state <dir>', 'folder that remembers what was asked for', '.cst'))
    .option('--rest-url <url>', 'another address of the exchange: its twin’s')
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', BACKFILL_HELP)
    .action(async (words: readonly string[], flags: BackfillFlags) =>
      (await import('../run-backfill.ts')).runBackfill(words, flags),
    );
}

export function addExport(program: Command): void {
  program
    .command('export')
    .summary('history into Parquet files')
    .description('Writes tables of a DuckDB history to Parquet files.')
    .addOption(
      folderOption('--history <path>', 'folder of a stack that does not run now, or a DuckDB file', '.cst'),
    )
    .option('--tables <names>', 'only these, e.g. candles,ticks')
    .option('--timerange <range>', 'only rows of these times, e.g. 20250101-20250201')
    .addOption(folderOption('--out <dir>', 'required: folder to write to; made where missing'))
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', EXPORT_HELP)
    .action(async (flags: ExportFlags) => (await import('../run-export.ts')).runExport(flags));
}
