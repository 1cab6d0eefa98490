/** `cst report`: its flags. What it does is loaded when it is asked for. */
import type { Command } from 'commander';
import { pathArgument } from '../option-kinds.ts';
import type { ReportFlags } from '../report/run.ts';

const HELP = `
DIR is the --out folder of a cst backtest, with the variants of one run side by side. The page is one file without any
link: it can be mailed, kept, opened without a network and printed.

Examples:
  cst report out                  the table once more
  cst report out --html           out/report.html
  cst report out --json | jq .books.default.performance
`;

export function addReport(program: Command): void {
  program
    .command('report')
    .summary('tells a backtest of before once more')
    .description('Renders what cst backtest has written: a table, JSON or a page.')
    .addArgument(pathArgument('<dir>', 'folder of a backtest', 'folder'))
    .option('--json', 'report.json, one line for each variant')
    .option('--html', 'writes DIR/report.html and prints its path')
    .addHelpText('after', HELP)
    .action(async (folder: string, flags: ReportFlags) => {
      const { runReport } = await import('../report/run.ts');
      runReport(folder, flags);
    });
}
