/** `cst deploy dataflow`: its flags. What it does is loaded when it is asked for: no other command should wait for it. */
import type { Command, Option } from 'commander';
import { VENUES } from '../../schemas/primitives.ts';
import { type DeployFlags, type OptionFlag, optionFlags } from '../deploy-flags.ts';
import {
  addConfigOption,
  choiceOption,
  fileOption,
  flagOption,
  folderOption,
  listOption,
  numberOption,
  once,
  settingsOption,
  symbolsOption,
  textOption,
} from '../option-kinds.ts';

const HELP = `
Before the first time: topics and subscriptions of docs/MESSAGES.md (subscriptions raw-tick-data and book-snapshots),
a bucket, and the worker image (npm run build:images). Workers need roles/dataflow.worker, roles/pubsub.editor
and read access to the image.
Credentials are found as gcloud's are (gcloud auth application-default login, GOOGLE_APPLICATION_CREDENTIALS, or the
machine's service account). None is ever a flag.

--dry-run writes job.json and pipeline.pb to --out, asks nobody, and gives the same bytes for the same flags; without
--start it starts at 0.
--update hands windows over to the new graph, after both were compared step by step: a step that was renamed needs
--map, a changed window or encoding cannot be handed over. The running job's start is kept, and its history is not
read again.
--drain reads nothing more, publishes what all windows hold (bars under way as incomplete) and ends the job.
--history warms the graph: an earlier replay's --out folder, history.duckdb of \`cst start\` or \`cst run\`,
bigquery:PROJECT.DATASET, or \`exchange\`, Bybit's klines of --symbols. It travels in the graph: 25 symbols are 3.4 MB, the service takes 10.

Cost: a job costs its workers and Streaming Engine's units for as long as it runs, also when markets sleep; --max-workers
bounds it, and one worker never stops. A small set of symbols is cheaper on one node: see \`cst run --help\`.
Workers: Node works on one core, so the container starts one worker process a vCPU; more symbols want more vCPUs, as
the streams of one symbol stay on one of them.

Examples:
  cst deploy dataflow --project my-project --region europe-west1 --temp-location gs://my-bucket/dataflow \\
    --image europe-west1-docker.pkg.dev/my-project/cst/worker:1.0 --dry-run --out job
  cst deploy dataflow … --history exchange --symbols BTCUSDT,ETHUSDT --subnetwork regions/europe-west1/subnetworks/cst
  cst deploy dataflow … --update --map "OldStep=NewStep"
  cst deploy dataflow --project my-project --region europe-west1 --drain
`;

export function addDeploy(program: Command): void {
  const deploy = program
    .command('deploy')
    .summary('the graph as a job on Google Dataflow')
    .description('Deploys the graph to an engine in the cloud.');
  const dataflow = deploy
    .command('dataflow')
    .summary('submit, update or drain the job')
    .description('Submits the graph to Dataflow as a streaming job, and waits until it runs.');
  for (const flag of optionFlags()) dataflow.addOption(optionOf(flag));
  addJobOptions(addGraphOptions(addConfigOption(dataflow)))
    .option('--no-wait', 'end once the job is created')
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', HELP)
    .action(async (flags: DeployFlags) => {
      await (await import('../run-deploy.ts')).runDeploy(flags, flags as unknown as Record<string, unknown>);
    });
}

/** What it computes, and from what it begins. */
function addGraphOptions(dataflow: Command): Command {
  return dataflow
    .addOption(choiceOption('--venue <name>', 'exchange whose candles are traded on', VENUES, 'bybit'))
    .addOption(
      settingsOption('--params <file>', 'JSON with parameters that differ from the default', 'signals'),
    )
    .addOption(
      once(
        textOption(
          '--start <time>',
          'signals of bars that closed before are not emitted: ISO 8601, ms, or YYYYMMDD; now',
        ),
      ),
    )
    .option(
      '--history <source>',
      'closed candles that warm the graph: folder, .duckdb file, bigquery:PROJECT.DATASET, or exchange',
    )
    .addOption(symbolsOption('--symbols <list>', 'symbols of the history, separated by commas'));
}

/** What becomes of the job that runs, and of the request. */
function addJobOptions(dataflow: Command): Command {
  return dataflow
    .addOption(once(flagOption('--update', 'replace the running job of this name, keeping its windows')))
    .addOption(once(listOption('--map <old=new>', 'a step that has another name now')))
    .addOption(
      once(
        fileOption(
          '--running <file>',
          "with --update: pipeline.pb of the running job, where it can't be fetched",
        ),
      ),
    )
    .addOption(
      once(flagOption('--drain', 'end the running job of this name after all it holds is published')),
    )
    .addOption(once(flagOption('--dry-run', 'write the request instead of sending it')))
    .addOption(once(folderOption('--out <dir>', 'folder of the dry run; made where missing')));
}

function optionOf({ flags, schema, isRequired }: OptionFlag): Option {
  const help = isRequired ? `required: ${schema.description}` : schema.description;
  const { type, minimum: min = 0, maximum: max = Number.MAX_SAFE_INTEGER } = schema;
  if (type === 'array' || type === 'object') return listOption(flags, help);
  if (type === 'boolean') return flagOption(flags, help);
  if (type === 'integer')
    return numberOption(flags, help, { min, max, isWhole: true }, schema.default as number | undefined);
  const fallback = schema.default as string | undefined;
  return schema.enum ? choiceOption(flags, help, schema.enum, fallback) : textOption(flags, help, fallback);
}
