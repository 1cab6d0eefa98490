/** `cst`, the command line. Each command is a file in commands/. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addDeploy } from './commands/deploy.ts';
import { addEngine } from './commands/engine.ts';
import { addReplay } from './commands/replay.ts';
import { addRun } from './commands/run.ts';
import { addStart } from './commands/start.ts';
import { errorLine, exitCodeOf } from './errors.ts';

const HELP = `
Exit codes: 0 ok · 1 error · 2 not found · 3 not running · 4 wrong flag, setting or file · 5 timeout

Examples:
  cst start                                                    simulated exchange → signals, in this terminal
  cst run --bus pubsub --project my-project                    the graph alone, on Google Pub/Sub
  cst replay BTCUSDT=trades.parquet --venue bybit --out out    signals of recorded trades
  cst replay --help                                            file formats and more examples
  cst engine install                                           Prism and Flink, to replay on
  cst deploy dataflow --help                                   the graph as a job on Google Dataflow
`;

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function programOf(): Command {
  const program = new Command('cst')
    .description('Crypto Signal Tracker: trades in, explained scalp signals out.')
    .version(version())
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .addHelpText('after', HELP);
  addStart(program);
  addRun(program);
  addReplay(program);
  addEngine(program);
  addDeploy(program);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}

async function main(): Promise<void> {
  const program = programOf();
  try {
    if (process.argv.length <= 2) program.outputHelp();
    else await program.parseAsync();
  } catch (thrown) {
    const code = exitCodeOf(thrown);
    if (code !== 0) process.stderr.write(`${errorLine(thrown)}\n`);
    process.exitCode = code;
  }
}

await main();
