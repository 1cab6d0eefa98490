/** `cst looker`: its flags. What it does is loaded when it is asked for. */
import type { Command } from 'commander';
import type { LookerFlags } from '../looker.ts';

const HELP = `
Opened in a browser, the address makes a report in Looker Studio with a data source for each looker_ view of bq/ (see
docs/LOOKER.md). The views must be there: run what "cst sql views --print" prints in the dataset first. Whoever opens it
needs leave to read the dataset and to run jobs in the project that pays. Nothing is sent anywhere by this command.

Without --template the report is empty, and Looker Studio may attach only the first source: add the others by Resource >
Manage added data sources. A report of yours whose data sources have the views' names as aliases serves as a template.

Examples:
  cst looker --project my-project
  cst looker --project my-project --dataset history --template 0B_U5RNpwhcE6SF85TENURnc4UjA --name "Paper trading"
`;

export function addLooker(program: Command): void {
  program
    .command('looker')
    .summary('address of a Looker Studio report over history')
    .description('Prints the address at which Looker Studio makes a report over the views of history.')
    .option('--project <id>', 'Google Cloud project of the dataset; default: GOOGLE_CLOUD_PROJECT')
    .option('--dataset <name>', 'dataset with the views', 'history')
    .option('--billing-project <id>', 'project that pays for the queries; default: that of the dataset')
    .option('--template <id>', 'report to copy, with its pages')
    .option('--name <text>', 'of the new report', 'Crypto Signal Tracker')
    .option('--json', 'the address and the views as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: LookerFlags) => {
      const { runLooker } = await import('../looker.ts');
      runLooker(flags);
    });
}
