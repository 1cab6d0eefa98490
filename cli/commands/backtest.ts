/** `cst backtest`: the live graph, MACRO engine and desk over history, with honest costs. */
import type { Command } from 'commander';
import { VENUES } from '../../schemas/primitives.ts';
import type { BacktestFlags } from '../backtest/run.ts';
import {
  addConfigOption,
  choiceOption,
  folderOption,
  listOption,
  once,
  pathArgument,
  symbolsOption,
} from '../option-kinds.ts';
import { addRuleFlags } from '../rule-flags.ts';

const HELP = `
FILE holds 1m bars (open_time_ms, open, high, low, close, volume) or, with --trades, trades (ts_ms, price, size, …):
the files of cst replay. They should begin weeks before the time range: what comes before it warms the graph, the MACRO
engine (its 4h bars need 17 days before a bias can engage, 34 to be judged in full) and is not traded.

What runs is what runs live: the same graph makes the same signals as cst replay does, each 15 minutes the MACRO engine
decides on the bars known then, and the same desk refuses or enters them and pays fees, funding and slippage. History
without books does not tell spread, depth or what came first within a bar; what is assumed instead is in
--assumptions and stated in report.json. A funding rate that is not in a --funding file is unknown, never 0.

Writes to DIR, the same bytes in every run:
  trade-signals-micro, macro-bias-updates, trade-signals-macro, position-events (.ndjson)   the messages of these topics
  trades, equity (.ndjson)          one line for each closed trade, with its costs, bias and regime
  bars (.ndjson)                    1m bars round the signals
  feed-events, dead-letters (.ndjson)   spans of bars that are not whole; rows that cannot be read
  report.html                       the same as a page: curves, tables, trades on charts (cst report DIR renders it anew)
  report.json                       figures, refusals by reason, assumptions, parameters, hashes

--frames runs what cst record wrote, all of it, on the books and fundings of then.

A time range is YYYYMMDD-YYYYMMDD (UTC), the first day included, the second not; either may be left out.

Examples:
  cst backtest BTCUSDT=btc-1m.parquet --timerange 20250601-20250630 --out out
  cst backtest BTCUSDT=btc.csv.gz ETHUSDT=eth.csv.gz --funding BTCUSDT=btc-funding.parquet --out out --json
  cst backtest BTCUSDT=btc-1m.parquet --variant a:a.json --variant b:b.json,desk-b.json --out ab
`;

export function addBacktest(program: Command): void {
  const command = program
    .command('backtest')
    .summary('strategies, desk and costs over history')
    .description('Trades recorded history on paper with the live graph, MACRO engine and desk.');
  addBacktestFlags(command)
    .addHelpText('after', HELP)
    .action(async (words: readonly string[], flags: BacktestFlags) => {
      const { runBacktest } = await import('../backtest/run.ts');
      return runBacktest(words, flags);
    });
}

/** What every command takes that backtests. */
export function addBacktestFlags(command: Command): Command {
  const read = addConfigOption(command)
    .addArgument(pathArgument('[SYMBOL=FILE...]', 'one file for each symbol', 'file'))
    .option('--timerange <range>', 'what is traded, e.g. 20250601-20250630, 20250601- or -20250630')
    .addOption(symbolsOption('--pairs <symbols>', 'only these of the files, e.g. BTCUSDT,ETHUSDT'))
    .addOption(choiceOption('--venue <name>', 'exchange the data comes from; bybit where left out', VENUES))
    .addOption(
      folderOption('--frames <dir>', 'raw frames that cst record wrote, with their books, instead of files'),
    )
    .option('--trades', 'the files hold trades, not 1m bars')
    .addOption(listOption('--funding <symbol=file>', 'settled fundings (ts_ms, funding_rate)', 'file'))
    .addOption(
      folderOption(
        '--history <dir>',
        'output of cst replay whose candles up to the time range warm graph and MACRO',
      ),
    );
  return addRuleFlags(read)
    .addOption(
      once(listOption('--variant <name:params,desk>', 'its own graph and desk, into DIR/NAME', 'file')),
    )
    .addOption(folderOption('--out <dir>', 'required: folder to write to; made where missing'))
    .option('--json', 'one line of JSON on stdout, of backtest for each variant, instead of text');
}
