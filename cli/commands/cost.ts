/** `cst cost`: its flags. What it does is loaded when it is asked for: no other command should wait for it. */
import type { Command } from 'commander';
import type { Config } from '../../infra/pulumi/config.ts';
import type { CostFlags } from '../cost/run.ts';
import { choiceOption, fileOption, numberOption } from '../option-kinds.ts';

/** Not loaded from there, which takes longer than all flags together. */
const TIERS: readonly Config['tier'][] = ['single-node', 'dataflow'];

const HELP = `
Reads the settings that Pulumi reads (infra/pulumi/Pulumi.STACK.yaml), and what one symbol makes, measured on real data:
messages, bytes, rows. Prices are Google's list prices, each with its page and date, in infra/cost/prices.ts. Nobody is
asked, and nothing is made. docs/COST.md says what drives the bill.

Examples:
  cst cost                                  the stack dev
  cst cost --stack prod --compare           … in both tiers, resource by resource
  cst cost --symbols 100 --ticks 20         a hundred symbols of twenty trades a second
  cst cost --all --json                     every resource, for programs
`;

export function addCost(program: Command): void {
  program
    .command('cost')
    .summary('what a stack on Google Cloud costs a month')
    .description('Estimates the monthly bill of a stack from its settings and measured rates.')
    .option('--stack <name>', 'whose settings are read', 'dev')
    .addOption(fileOption('--config <file>', 'settings as Pulumi keeps them, from another file'))
    .addOption(choiceOption('--tier <name>', 'instead of what the settings say', TIERS))
    .option('--region <name>', 'of all but the relays, likewise')
    .addOption(
      numberOption('--symbols <number>', 'of all venues together, likewise', { min: 0, max: 10_000 }),
    )
    .addOption(
      numberOption('--ticks <rate>', 'trades a second of a symbol; default as measured', {
        min: 0,
        max: 10_000,
      }),
    )
    .addOption(
      numberOption(
        '--age <days>',
        'how long the stack has run: what is kept has grown so long',
        { min: 1, max: 36_500 },
        365,
      ),
    )
    .option('--compare', 'both tiers side by side')
    .option('--all', 'resources of less than a dollar, too')
    .option('--json', 'every resource as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: CostFlags) => (await import('../cost/run.ts')).runCost(flags));
}
