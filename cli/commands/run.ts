/** `cst run`: its flags. What it does is loaded when it is asked for: no other command should wait for it. */
import type { Command } from 'commander';
import { addDashboardOptions } from '../dashboard-flags.ts';
import { PORTS } from '../flags.ts';
import {
  addConfigOption,
  choiceOption,
  folderOption,
  numberOption,
  settingsOption,
  symbolsOption,
} from '../option-kinds.ts';
import { UNIVERSES } from '../relay-flags.ts';
import { RUN_BUSES, RUN_RUNNERS, type RunFlags } from '../run-flags.ts';

const HELP = `
With --bus embedded the whole stack runs here on Bybit's public endpoints, shown in a dashboard: the same as
\`cst start --live\`.
With --bus pubsub only the graph does, for Cloud Run: it reads the subscriptions raw-tick-data and book-snapshots and
publishes to the topics of docs/MESSAGES.md. A message is acknowledged when its windows can no longer change, so a
process that dies at any moment loses nothing; whoever reads the outputs drops the second copy of an id.

One node to a project: two would share the messages, and neither would see a whole minute. On Cloud Run: at most one
instance, CPU always allocated, and a start-up probe on /live, so that the old one ends as soon as the new one is up.

With --runner flink the graph is an endless job on Flink, and its steps run in worker processes; a message is
acknowledged when two checkpoints are complete after it. A worker that dies costs a restart from the newest of them.
A job that is stopped takes its open windows with it, unless a cluster restores its checkpoint (--restore): the next job
has their bars from the exchange's REST.

SIGTERM: it stops reading, publishes no half bar, gives back what is held, and ends within 8 seconds.
History: candles of 3 hours to 21 days warm the graph, from DIR/history.duckdb, which the node fills from
market-candles (subscription market-candles-history); what is missing there comes from the exchange's REST. Those of
--symbols or --universe are warmed: name what the relays follow. A symbol that comes later warms by itself, in 30 to 200 h.
Health:  GET / answers 200 while event time keeps up with the clock, else 503; GET /live answers 200 while the
process does; GET /metrics has its numbers for Prometheus. Without --health-port only this machine can ask; the port is in the first line of the log.
Without --params, CST_PARAMS in the environment is JSON of the same; as the functions are told theirs.
CST_DEADMAN_URL in the environment is asked each minute while the graph is well (docs/RUNBOOK.md).
Log:     on stderr; where that is no terminal, one JSON object a line.

Examples:
  cst run --bus pubsub --project my-project --health-port 8080 --dir /data
  cst run --bus pubsub --project my-project --symbols BTCUSDT,ETHUSDT --params params.json
  cst run --bus pubsub --project my-project --runner flink --checkpoints /data/checkpoints
  PUBSUB_EMULATOR_HOST=127.0.0.1:8085 cst run --bus pubsub --project test-project
`;

export function addRun(program: Command): void {
  const run = program
    .command('run')
    .summary('the graph as a service, on this machine or on Pub/Sub')
    .description('Runs the graph until it is told to stop.')
    .addOption(choiceOption('--bus <name>', 'where messages travel', RUN_BUSES, 'embedded'))
    .addOption(choiceOption('--runner <name>', 'engine', RUN_RUNNERS, 'embedded'))
    .option('--project <id>', 'Google Cloud project; default GOOGLE_CLOUD_PROJECT')
    .option('--create', 'make topics and subscriptions that are missing; default on an emulator')
    .addOption(symbolsOption('--symbols <list>', 'symbols, separated by commas'))
    .addOption(
      numberOption(
        '--universe <number>',
        'with --bus pubsub, instead: so many of the highest turnover, as the relays choose them',
        UNIVERSES,
      ),
    )
    .addOption(
      settingsOption('--params <file>', 'JSON with parameters that differ from the default', 'signals'),
    )
    .addOption(folderOption('--dir <dir>', 'folder of history (and of the embedded bus)'))
    .option('--rest-url <url>', "REST of the exchange; default Bybit's")
    .addOption(
      numberOption('--health-port <port>', 'answer health checks on this port, from anywhere', PORTS),
    );
  addConfigOption(addDashboardOptions(addFlinkOptions(run)))
    .addHelpText('after', HELP)
    .action(async (flags: RunFlags) => (await import('../run-service.ts')).runService(flags));
}

function addFlinkOptions(run: Command): Command {
  return run
    .option(
      '--flink-master <host:port>',
      'Flink cluster; default an engine of this machine (cst engine install flink)',
    )
    .option(
      '--worker-pool <host:port>',
      'worker pool beside each task manager; default workers of this machine',
    )
    .option('--worker-image <image>', 'container image of the workers, instead of a pool')
    .addOption(
      folderOption(
        '--checkpoints <dir>',
        'folder or URI of checkpoints that all of Flink reaches; default DIR/checkpoints',
      ),
    )
    .addOption(
      numberOption('--checkpoint-every <seconds>', 'time between checkpoints; default 10', {
        min: 1,
        max: 3_600,
      }),
    )
    .option('--restore <uri>', 'checkpoint or savepoint that the cluster begins with')
    .addOption(
      numberOption('--parallelism <number>', 'task slots of each step; default 1', {
        min: 1,
        max: 16,
        isWhole: true,
      }),
    );
}
