/** Flags of commands that search for parameters. */
import type { Command } from 'commander';
import { VENUES } from '../../schemas/primitives.ts';
import { OBJECTIVE_NAMES } from '../../transforms/performance/selection.ts';
import { SEEDS } from '../flags.ts';
import {
  addConfigOption,
  choiceOption,
  fileOption,
  folderOption,
  listOption,
  numberOption,
  pathArgument,
  symbolsOption,
} from '../option-kinds.ts';
import { addRuleFlags } from '../rule-flags.ts';
import { MAX_TRIALS } from '../tune/limits.ts';

const TRADES = { min: 0, max: 2 ** 31, isWhole: true };

export function addSearchFlags(command: Command): Command {
  const read = addConfigOption(command)
    .addArgument(pathArgument('[SYMBOL=FILE...]', 'one file for each symbol', 'file'))
    .option('--timerange <range>', 'what is traded, e.g. 20250601-20250630, 20250601- or -20250630')
    .addOption(symbolsOption('--pairs <symbols>', 'only these of the files, e.g. BTCUSDT,ETHUSDT'))
    .addOption(choiceOption('--venue <name>', 'exchange the data comes from; bybit where left out', VENUES))
    .option('--trades', 'the files hold trades, not 1m bars')
    .addOption(listOption('--funding <symbol=file>', 'settled fundings', 'file'))
    .addOption(
      folderOption(
        '--history <dir>',
        'output of cst replay whose candles up to the time range warm graph and MACRO',
      ),
    );
  return addRuleFlags(read)
    .addOption(listOption('--grid <path=values>', 'a parameter and what to try of it'))
    .addOption(
      fileOption('--grid-file <file>', 'JSON with more of them: {"signals.risk.takeProfit": [0.004, 0.006]}'),
    )
    .addOption(
      numberOption(
        '--random <count>',
        'so many draws instead of all combinations; ranges like 0.004..0.01 then hold',
        { min: 1, max: MAX_TRIALS, isWhole: true },
      ),
    )
    .addOption(numberOption('--seed <number>', 'of the draws', SEEDS, 1))
    .addOption(choiceOption('--objective <name>', 'the best by', OBJECTIVE_NAMES, 'sharpe'))
    .addOption(numberOption('--min-trades <count>', 'with fewer a trial is no candidate', TRADES, 30))
    .addOption(
      numberOption(
        '--workers <count>',
        'threads; as many as there are cores where left out. Results are the same',
        { min: 1, max: 256, isWhole: true },
      ),
    )
    .addOption(fileOption('--ledger <file>', 'where trials are counted; DIR/trials.sqlite where left out'))
    .addOption(folderOption('--out <dir>', 'required: folder to write to; made where missing'))
    .option('--json', 'one JSON object on stdout instead of text');
}
