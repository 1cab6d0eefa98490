/** `cst paper-plan`: its flags. What it does is loaded when it is asked for. */
import type { Command } from 'commander';
import { folderOption } from '../option-kinds.ts';
import type { PaperPlanFlags } from '../paper-plan/run.ts';
import { addBacktestFlags } from './backtest.ts';

const HELP = `
Trades on paper over a time range, as cst backtest does, and judges what came of it day by day of the plan: data, signals
and exits, costs, exhaustion and levels, risk, tuning with stress and outages, result. Stress tests run on the desk itself,
second by second in virtual time.

With several --variant, that which earned most in the first half of the time is judged; whether it earns in the second is
a criterion. Exit code 0 only where every criterion passes: what is not available has not passed. To fail is a result.

Examples:
  cst paper-plan BTCUSDT=btc-1m.parquet ETHUSDT=eth-1m.parquet --timerange 20250623-20250630 --out week
  cst paper-plan --backtest week            the same of a backtest of before
  cst paper-plan --backtest week --json
`;

export function addPaperPlan(program: Command): void {
  const command = program
    .command('paper-plan')
    .summary('the 7-day plan: pass or fail, with numbers')
    .description('Judges strategies, desk and data by the criteria of the 7-day paper-trading plan.');
  addBacktestFlags(command)
    .addOption(
      folderOption('--backtest <dir>', 'judge what cst backtest has written there, instead of running one'),
    )
    .addHelpText('after', HELP)
    .action(async (words: readonly string[], flags: PaperPlanFlags) => {
      const { runPaperPlan } = await import('../paper-plan/run.ts');
      return runPaperPlan(words, flags);
    });
}
