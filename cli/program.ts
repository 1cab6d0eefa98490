/** The commands of `cst`, each a file in commands/. */
import { Command } from 'commander';
import { addBackfill, addExport } from './commands/backfill.ts';
import { addBacktest } from './commands/backtest.ts';
import { addConfig } from './commands/config.ts';
import { addCost } from './commands/cost.ts';
import { addDeploy } from './commands/deploy.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEngine } from './commands/engine.ts';
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
import { configured } from './option-kinds.ts';
import { version } from './version.ts';

const HELP = `
Exit codes: 0 ok · 1 error · 2 not found · 3 not running · 4 wrong flag, setting or file · 5 timeout

Examples:
  cst start                                                    simulated exchange → signals, in this terminal
  cst run --bus pubsub --project my-project                    the graph alone, on Google Pub/Sub
  cst trace                                                    where a signal's milliseconds went
  cst replay BTCUSDT=trades.parquet --venue bybit --out out    signals of recorded trades
  cst relay --venue bybit --bus pubsub --project my-project    an exchange's trades and books, onto Google Pub/Sub
  cst record --venue bybit --out frames                        all that an exchange sends, into files
  cst replay --frames frames --out out                         … and what would have come of it
  cst backtest BTCUSDT=candles.parquet --out out               … and what a desk would have earned with them
  cst tune --help                                              … the best parameters, and how much of it is luck
  cst lookahead-check BTCUSDT=candles.parquet                  … and whether they knew what came later
  cst report out --html                                        … on a page with charts
  cst paper-plan --backtest out                                … judged by the 7-day plan
  cst sql trades                                               GoogleSQL on history, here or on BigQuery
  cst backfill --pairs BTCUSDT --timerange 20250101-           an exchange's bars into history
  cst replay --help                                            file formats and more examples
  cst engine install                                           Prism and Flink, to replay on
  cst deploy dataflow --help                                   the graph as a job on Google Dataflow
  cst status                                                   whether a stack runs, and how it is
  cst logs --follow                                            what it says, and has said
  cst doctor                                                   what is wrong here, and what to do about it
  cst config show --set                                        what is set, and where it came from
  cst cost                                                     what a stack on Google Cloud costs a month
  cst twin --help                                              an exchange on this machine that fails on demand
`;

export function programOf(): Command {
  const program = new Command('cst')
    .description('Crypto Signal Tracker: trades in, explained scalp signals out.')
    .version(version())
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .addHelpText('after', HELP);
  addStart(program);
  addRelay(program);
  addRecord(program);
  addRun(program);
  addTrace(program);
  addReplay(program);
  addBacktest(program);
  addReport(program);
  addPaperPlan(program);
  addTune(program);
  addWalkForward(program);
  addLookaheadCheck(program);
  addParity(program);
  addSql(program);
  addLooker(program);
  addBackfill(program);
  addExport(program);
  addEngine(program);
  addDeploy(program);
  addCost(program);
  addTelegram(program);
  addTwin(program);
  addConfig(program);
  addDoctor(program);
  addStatus(program);
  addLogs(program);
  for (const command of program.commands) command.copyInheritedSettings(program);
  for (const command of configured(program)) {
    command.hook('preAction', async () => {
      const { applyConfig } = await import('./config/apply.ts');
      applyConfig(program, command, process.env);
    });
  }
  return program;
}
