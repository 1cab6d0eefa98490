/** The commands of `cst`, each a file in commands/. */
import { type Argument, Command, type Option } from 'commander';
import { addBackfill, addExport } from './commands/backfill.ts';
import { addBacktest } from './commands/backtest.ts';
import { addCompletion } from './commands/completion.ts';
import { addConfig } from './commands/config.ts';
import { addCost } from './commands/cost.ts';
import { addDeploy } from './commands/deploy.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEngine } from './commands/engine.ts';
import { addHelp } from './commands/help.ts';
import { addInit } from './commands/init.ts';
import { addLookaheadCheck } from './commands/lookahead-check.ts';
import { addLooker } from './commands/looker.ts';
import { addPaperPlan } from './commands/paper-plan.ts';
import { addParity } from './commands/parity.ts';
import { addRecord } from './commands/record.ts';
import { addRelay } from './commands/relay.ts';
import { addReplay } from './commands/replay.ts';
import { addReport } from './commands/report.ts';
import { addRun } from './commands/run.ts';
import { addSql } from './commands/sql.ts';
import { addStart } from './commands/start.ts';
import { addLogs, addStatus } from './commands/status.ts';
import { addTelegram } from './commands/telegram.ts';
import { addTrace } from './commands/trace.ts';
import { addTune } from './commands/tune.ts';
import { addTwin } from './commands/twin.ts';
import { addWalkForward } from './commands/walk-forward.ts';
import { configured, meaningOf } from './option-kinds.ts';
import { version } from './version.ts';

const EXIT_CODES =
  'Exit codes: 0 ok · 1 error · 2 not found · 3 not running · 4 wrong flag, setting or file · 5 timeout';

const HELP = `
Examples:
  cst start                                                   simulated exchange → signals, in this terminal
  cst start --live                                            the same on Bybit, trades on paper
  cst replay BTCUSDT=trades.parquet --venue bybit --out out   signals of recorded trades
  cst backtest BTCUSDT=candles.parquet --out out              … and what a desk would have earned with them
  cst COMMAND --help                                          more, with examples
`;

/** As they are listed. */
const GROUPS: Readonly<Record<string, readonly ((program: Command) => void)[]>> = {
  'Run:': [addStart, addRun, addRelay, addRecord, addStatus, addLogs, addTrace],
  'History:': [addReplay, addBackfill, addExport, addSql, addLooker],
  'Research:': [
    ...[addBacktest, addReport, addPaperPlan, addTune, addWalkForward, addLookaheadCheck],
    addParity,
  ],
  'Cloud:': [addDeploy, addCost, addTelegram],
  'Tools:': [addInit, addDoctor, addConfig, addCompletion, addEngine, addTwin],
};

export function programOf(): Command {
  const program = new Command('cst')
    .description('Crypto Signal Tracker: trades in, explained scalp signals out.')
    .version(version())
    .showSuggestionAfterError()
    .configureHelp({
      subcommandTerm: (command) => command.name(),
      optionDescription: (option) => withDefault(meaningOf(option), option),
      argumentDescription: (argument) => withDefault(meaningOf(argument), argument),
    })
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .addHelpText('afterAll', EXIT_CODES)
    .addHelpText('after', HELP);
  for (const [heading, adds] of Object.entries(GROUPS)) {
    program.commandsGroup(heading);
    for (const add of adds) add(program);
  }
  addHelp(program);
  return program;
}

function withDefault(text: string, { defaultValue }: Option | Argument): string {
  return [undefined, false, true].includes(defaultValue) ? text : `${text} (default: ${defaultValue})`;
}

/** Commands that take settings have them before they run. */
export function withSettings(program: Command): Command {
  for (const command of configured(program)) {
    command.hook('preAction', async () => {
      const { applyConfig } = await import('./config/apply.ts');
      applyConfig(program, command, process.env);
    });
  }
  return program;
}
