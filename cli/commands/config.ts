/** `cst config`: what is set, where it came from, and what could be. */
import type { Command } from 'commander';
import type { ConfigShowFlags } from '../config/run.ts';
import { configOption } from '../option-kinds.ts';

const HELP = `
Settings come in this order, and the later one wins, value by value:
  1. defaults                    docs/PARAMETERS.md tells all with their reasons
  2. files                       --config FILE, left to right, - is stdin; else cst.json of the working directory, if any
  3. CST_PARAMS                  JSON of signals, as the functions are given theirs
  4. CST__SECTION__KEY           e.g. CST__SIGNALS__RISK__TAKE_PROFIT=0.006, CST__DESK__BOOKS__0__RISK__MARGIN=0.05
  5. flags                       and the files that --params, --desk, --macro and --assumptions name

Sections: signals, desk, macro, notifier, broker, assumptions, dashboard, telegram; and one for each command that has
--config, whose keys are its flags: {"start": {"speed": 30, "symbols": ["BTCUSDT"]}}. A list replaces a list.
Secrets are no settings: they come from the environment, or from files that it names (cst doctor).

Examples:
  cst config show --set                           what is not a default
  cst config show --effective signals.risk        one section, or one value
  cst config show -- start --speed 10             as cst start --speed 10 would have it
  cst config check --config base.json --config prod.json
  cst config schema > cst.schema.json             for editors: {"$schema": "./cst.schema.json"}
`;

export function addConfig(program: Command): void {
  const config = program
    .command('config')
    .summary('settings: each value, and where it came from')
    .description('Shows and checks the settings of a config file, the environment and flags.')
    .addHelpText('after', HELP);
  config
    .command('show')
    .addOption(configOption())
    .description('Shows each value and where it came from; what may be a secret is hidden.')
    .argument('[command...]', 'after --: a command with its flags')
    .option('--effective <setting>', 'only what is there, e.g. signals.risk.takeProfit')
    .option('--set', 'only what is not a default')
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', HELP)
    .action(async (words: readonly string[], flags: ConfigShowFlags) =>
      (await import('../config/run.ts')).showConfig(program, words, flags),
    );
  config
    .command('check')
    .addOption(configOption())
    .description('Ends with exit code 4 where a setting is wrong, and says which.')
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', HELP)
    .action(async (flags: ConfigShowFlags) => (await import('../config/run.ts')).checkConfig(program, flags));
  config
    .command('schema')
    .description('Prints the JSON schema of config files, for editors.')
    .addHelpText('after', HELP)
    .action(async () => (await import('../config/run.ts')).printSchema(program));
}
