/** Flags of commands that search for parameters. */
import type { Command } from 'commander';
import { VENUES } from '../../schemas/primitives.ts';
import { addConfigOption, listOption } from '../option-kinds.ts';

export function addSearchFlags(command: Command): Command {
  return addConfigOption(command)
    .argument('[SYMBOL=FILE...]', 'one file for each symbol')
    .option('--timerange <range>', 'what is traded, e.g. 20250601-20250630, 20250601- or -20250630')
    .option('--pairs <symbols>', 'only these of the files, e.g. BTCUSDT,ETHUSDT')
    .option('--venue <name>', `exchange the data comes from, bybit where left out: ${VENUES.join(', ')}`)
    .option('--trades', 'the files hold trades, not 1m bars')
    .addOption(listOption('--funding <symbol=file>', 'settled fundings; may be repeated'))
    .option('--history <dir>', 'output of cst replay whose candles up to the time range warm graph and MACRO')
    .option('--params <file>', 'JSON with parameters of graph and strategies that differ from the default')
    .option('--desk <file>', 'JSON with the one book of the desk')
    .option('--macro <file>', 'JSON with parameters of the MACRO engine that differ from the default')
    .option('--assumptions <file>', 'JSON with assumptions that differ from the default')
    .addOption(listOption('--grid <path=values>', 'a parameter and what to try of it; may be repeated'))
    .option('--grid-file <file>', 'JSON with more of them: {"signals.risk.takeProfit": [0.004, 0.006]}')
    .option(
      '--random <count>',
      'so many draws instead of all combinations; ranges like 0.004..0.01 then hold',
    )
    .option('--seed <number>', 'of the draws', '1')
    .option(
      '--objective <name>',
      'the best by: sharpe, sortino, net, expectancy, profit-factor, calmar',
      'sharpe',
    )
    .option('--min-trades <count>', 'with fewer a trial is no candidate', '30')
    .option('--workers <count>', 'threads; as many as there are cores where left out. Results are the same')
    .option('--ledger <file>', 'where trials are counted; DIR/trials.sqlite where left out')
    .option('--out <dir>', 'required: folder to write to; made where missing')
    .option('--json', 'one JSON object on stdout instead of text');
}
