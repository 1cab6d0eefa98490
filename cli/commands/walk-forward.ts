/** `cst walk-forward`: parameters chosen on the past of each window, and tested on its future. */
import type { Command } from 'commander';
import type { WalkForwardFlags } from '../tune/run-walk-forward.ts';
import { addSearchFlags } from './search-flags.ts';

const HELP = `
In each window the candidates of --grid (or --random: see cst tune --help) are tried on --train days, the best by
--objective is tested on the --test days after them, and the window moves on by those. Each begins with the book's start
equity. Positions open at the end of training are in no figure, since their exit is not known yet; those open at the end
of a test are held to theirs. Bars from before the time range warm the graph.

The tests together are what a trader would have earned who tuned like this: one equity, its bounds of chance, and its
efficiency: what a day out of sample earns over what a day in sample did. N/A is said with fewer than --min-trades.
Every trial is counted in the ledger of cst tune.

Writes walk-forward.json and trials.sqlite to DIR.

Examples:
  cst walk-forward BTCUSDT=btc-1m.parquet --timerange 20250601-20250630 --grid signals.srExhaustion.minChecks=2,3 --out w
  cst walk-forward BTCUSDT=btc.csv.gz --timerange 20250101-20250701 --train 60d --test 10d --anchored \\
    --grid signals.risk.takeProfit=0.003..0.01 --random 50 --out w --json
`;

export function addWalkForward(program: Command): void {
  const command = program
    .command('walk-forward')
    .summary('parameters chosen on the past, tested on the future')
    .description('Chooses parameters window by window, and reports what they earn after it.');
  addSearchFlags(command)
    .option('--train <days>', 'days that parameters are chosen on', '20d')
    .option('--test <days>', 'days after them that they are tested on', '5d')
    .option('--anchored', 'training begins with the time range in every window, and grows')
    .addHelpText('after', HELP)
    .action(async (words: readonly string[], flags: WalkForwardFlags) => {
      const { runWalkForward } = await import('../tune/run-walk-forward.ts');
      return runWalkForward(words, flags);
    });
}
