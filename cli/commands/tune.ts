/** `cst tune`: the best of many parameters, and how much of it is luck. */
import type { Command } from 'commander';
import type { SearchFlags } from '../tune/search.ts';
import { addSearchFlags } from './search-flags.ts';

const HELP = `
A path begins with signals. (graph and strategies) or desk. (the book), and goes on as in docs/PARAMETERS.md. Without
--random every combination of the values is a trial. Each trial is the backtest of cst backtest. Parameters of the last
step (signals.srExhaustion, signals.champion.volumeSpike, signals.risk, desk) are tried on a recording of what the graph
made, which is run once; any other needs the graph again for each of its values: minutes instead of seconds.

The best of many trials looks good by luck alone. Therefore every trial on the same files is counted, in this and all
earlier runs into the same ledger, and the best is judged by:
  deflated Sharpe              probability that it is more than what the best of so many has by luck; 0.95 is needed
  probability of overfitting   how often the best of one half of the days is below the median in the other (CSCV)
  a trade, 95 % within         bootstrap bounds of what a trade earns
N/A is said of fewer than 14 days, or 30 trades: no number would mean anything.

A run that was killed goes on where it was: trials in the ledger are not run again. Delete the ledger and you deceive
nobody but yourself.

Writes tune.json (all trials, the best first) and trials.sqlite (the ledger) to DIR.

Examples:
  cst tune BTCUSDT=btc-1m.parquet --grid signals.srExhaustion.minChecks=2,3 --grid desk.rules.cooldownMs=0,900000 --out t
  cst tune BTCUSDT=btc-1m.parquet --grid signals.risk.takeProfit=0.003..0.01 --random 200 --objective calmar --out t
  cst tune BTCUSDT=btc.csv.gz ETHUSDT=eth.csv.gz --grid-file grid.json --timerange 20250601-20250630 --out t --json
`;

export function addTune(program: Command): void {
  const command = program
    .command('tune')
    .summary('the best of many parameters, and how much of it is luck')
    .description('Searches parameters of strategies and desk over history, and counts every trial.');
  addSearchFlags(command)
    .addHelpText('after', HELP)
    .action(async (words: readonly string[], flags: SearchFlags) => {
      const { runTune } = await import('../tune/run.ts');
      return runTune(words, flags);
    });
}
