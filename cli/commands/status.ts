/** `cst status` and `cst logs`: their flags. What they do is loaded when it is asked for. */
import type { Command } from 'commander';
import type { LogsFlags, StatusFlags } from '../observe/run.ts';
import { choiceOption, folderOption, numberOption } from '../option-kinds.ts';

const STATUS_HELP = `
Asks the folder, not the network: a stack writes how it is there, every two seconds. Whether it runs is told by the lock that
its death lets go of. Exit code 0: one runs, or starts. 3: none does; how and when the last one ended is told.
A relay or a node on Pub/Sub is asked over HTTP instead: curl localhost:PORT/healthz (--health-port).

Examples:
  cst status
  cst status --dir /data/cst --json | jq '.stacks[] | {dir, running, lastSignal}'
  cst status > /dev/null || cst start --live
`;

const LOGS_HELP = `
A stack keeps its newest 16 MB of log in its folder: what went wrong on the way, what its feed lacks, and each signal, decision
and end of a position with its trace. Of several stacks in DIR it is that which wrote last. Services in a cloud log to stderr, for Cloud Logging.
ID is that of a signal or a trace, or the beginning of one; cst trace ID shows its milliseconds.

Examples:
  cst logs                                  the last 100 lines
  cst logs --follow --level warning         what should not be, as it comes
  cst logs --since 2h --json | jq .message
  cst logs --trace champion:default:SOLUSDT
`;

export function addStatus(program: Command): void {
  program
    .command('status')
    .summary('whether a stack runs, and how it is')
    .description('Tells of the stack of this machine: since when, feed, lag, positions, equity, last signal.')
    .addOption(folderOption('--dir <dir>', 'folder of cst start, or of one stack in it', '.cst'))
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', STATUS_HELP)
    .action(async (flags: StatusFlags) => (await import('../observe/run.ts')).runStatus(flags));
}

export function addLogs(program: Command): void {
  program
    .command('logs')
    .summary('what a stack has said, now or before it died')
    .description('Shows the log of the stack of this machine.')
    .addOption(folderOption('--dir <dir>', 'folder of cst start, or of one stack in it', '.cst'))
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .option('--since <time>', '10m, 2h, 1d, or a time: ISO 8601, ms, or YYYYMMDD (UTC)')
    .addOption(
      choiceOption('--level <name>', 'and what is graver', ['debug', 'info', 'warning', 'error'], 'debug'),
    )
    .option('--trace <id>', 'only what is of a signal or trace')
    .addOption(
      numberOption(
        '--lines <number>',
        'without --since: at most so many of the newest',
        { min: 0, max: 1e9, isWhole: true },
        100,
      ),
    )
    .option('--json', 'lines as they are kept: one JSON object each')
    .addHelpText('after', LOGS_HELP)
    .action(async (flags: LogsFlags) => (await import('../observe/run.ts')).runLogs(flags));
}
