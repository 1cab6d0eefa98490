/** `cst lookahead-check`: whether anything that is decided depends on what came later. */
import type { Command } from 'commander';
import { VENUES } from '../../schemas/primitives.ts';
import { SEEDS } from '../flags.ts';
import type { LookaheadFlags } from '../lookahead/run.ts';
import {
  addConfigOption,
  choiceOption,
  listOption,
  numberOption,
  pathArgument,
  symbolsOption,
} from '../option-kinds.ts';
import { addRuleFlags } from '../rule-flags.ts';

const HELP = `
The backtest of cst backtest is run on the whole history, and again for each of some instants T:
  cut       on bars that end at T        whatever was known by T must be there, and the same
  changed   with other bars from T on    nothing that was known by T may change
Held together are bars, levels, features, biases, signals, decisions, entries and exits. Of what is not the same, the
first is told: its topic, the field, and which part looked ahead, since all that it is made of is the same.

Exit code 0: nothing was found. 1: something looks ahead. What a cut cannot show is a parameter that was chosen on this
very history: cst tune counts those trials, cst walk-forward chooses before it tests.

Examples:
  cst lookahead-check BTCUSDT=btc-1m.parquet --timerange 20250601-20250630
  cst lookahead-check BTCUSDT=btc.csv.gz ETHUSDT=eth.csv.gz --params p.json --cuts 10 --json
`;

export function addLookaheadCheck(program: Command): void {
  const command = program
    .command('lookahead-check')
    .summary('whether a decision depends on what came later')
    .description(
      'Runs a backtest on history that is cut, and changed, after an instant: nothing before may differ.',
    );
  const read = addConfigOption(command)
    .addArgument(pathArgument('[SYMBOL=FILE...]', 'one file of 1m bars for each symbol', 'file'))
    .option('--timerange <range>', 'what is traded, e.g. 20250601-20250630, 20250601- or -20250630')
    .addOption(symbolsOption('--pairs <symbols>', 'only these of the files, e.g. BTCUSDT,ETHUSDT'))
    .addOption(choiceOption('--venue <name>', 'exchange the data comes from; bybit where left out', VENUES))
    .addOption(listOption('--funding <symbol=file>', 'settled fundings', 'file'));
  addRuleFlags(read)
    .addOption(numberOption('--cuts <count>', 'instants to cut at', { min: 1, max: 1_000, isWhole: true }, 3))
    .addOption(numberOption('--seed <number>', 'where they lie, and what comes after them', SEEDS, 1))
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', HELP)
    .action(async (words: readonly string[], flags: LookaheadFlags) => {
      const { runLookaheadCheck } = await import('../lookahead/run.ts');
      return runLookaheadCheck(words, flags);
    });
}
