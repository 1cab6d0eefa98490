/** `cst deploy dataflow`: from flags to a job, or to the files of a dry run. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../connectors/clock/system.ts';
import { compileSignals } from '../pipelines/compile.ts';
import { compareGraphs } from '../pipelines/runners/dataflow/compatibility.ts';
import { applicationDefault } from '../pipelines/runners/dataflow/credentials.ts';
import {
  assertCompatible,
  type Cloud,
  drainJob,
  runningJob,
  startJob,
  updateJob,
} from '../pipelines/runners/dataflow/deploy.ts';
import { graphOf } from '../pipelines/runners/dataflow/environment.ts';
import { type Finding, reportOf } from '../pipelines/runners/dataflow/finding.ts';
import { GoogleApi } from '../pipelines/runners/dataflow/google-api.ts';
import { type JobRequest, jobJson, prepareJob, type StartTimes } from '../pipelines/runners/dataflow/job.ts';
import { Jobs, type RemoteJob, wordOf } from '../pipelines/runners/dataflow/jobs.ts';
import { type DataflowOptions, dataflowOptions, jobPlace } from '../pipelines/runners/dataflow/options.ts';
import { Storage } from '../pipelines/runners/dataflow/storage.ts';
import { resumption } from '../pipelines/warm-start.ts';
import type { Candle } from '../schemas/candle.ts';
import { ConfigError, messageOf, UpstreamError } from '../schemas/errors.ts';
import type { SignalParams } from '../schemas/params.ts';
import type { Venue } from '../schemas/primitives.ts';
import { settingsFor } from './config/files.ts';
import { type DeployFlags, jobSettings, pairsOf } from './deploy-flags.ts';
import { instantOf } from './times.ts';

/** @param given All flags, those of the job among them. */
export async function runDeploy(flags: DeployFlags, given: Readonly<Record<string, unknown>>): Promise<void> {
  assertTogether(flags);
  if (flags.drain) return drain(flags, given);
  const options = dataflowOptions(jobSettings(given));
  if (flags.dryRun) await dryRun(flags, options);
  else if (flags.update) await update(flags, options);
  else await start(flags, options);
}

function assertTogether(flags: DeployFlags): void {
  const refuse = (what: string) => {
    throw new ConfigError(`Expected ${what}. See cst deploy dataflow --help.`);
  };
  if (flags.dryRun && !flags.out) refuse('--out with --dry-run, e.g. --out job');
  if (flags.out && !flags.dryRun) refuse('--out only with --dry-run');
  if (flags.drain && (flags.update || flags.dryRun)) refuse('--drain alone');
  if ((flags.map || flags.running) && !flags.update) refuse('--map and --running only with --update');
  const unpaired = flags.map?.find((word) => !/^[^=]+=/.test(word));
  if (unpaired !== undefined) refuse(`--map OldStep=NewStep, got "${unpaired}"`);
  if (flags.history && flags.update) refuse('no --history with --update: the running job’s windows hold it');
  if (flags.history && flags.dryRun && !flags.start)
    refuse('--start with --history in a dry run: up to when');
}

/** What the graph is built of besides its times. */
interface Inputs {
  readonly params: SignalParams;
  readonly venue: Venue;
  readonly startMs: number;
  readonly history: readonly Candle[];
}

async function inputsOf(flags: DeployFlags): Promise<Inputs> {
  const { venue, symbols } = flags;
  const params = settingsFor(flags).values.signals;
  // A dry run knows no now.
  const now = flags.dryRun ? 0 : systemClock.now();
  const startMs = flags.start === undefined ? now : instantOf(flags.start, '--start');
  if (flags.history === undefined) return { params, venue, startMs, history: [] };
  const { deployHistory } = await import('./deploy-history.ts');
  const history = await deployHistory({ source: flags.history, symbols, venue, startMs });
  if (history.length === 0) say(`history   no closed candle in ${flags.history}: the graph starts cold`);
  else say(`history   ${history.length.toLocaleString('en-US')} candles`);
  return { params, venue, startMs, history };
}

function requestOf(inputs: Inputs, times: StartTimes, options: DataflowOptions): JobRequest {
  const { params, venue: leadVenue, history } = inputs;
  const graph = compileSignals({ project: options.project, params, leadVenue, history, ...times });
  return { graph, options, times };
}

async function start(flags: DeployFlags, options: DataflowOptions): Promise<void> {
  const inputs = await inputsOf(flags);
  const request = requestOf(inputs, resumption(inputs.history, inputs.startMs, inputs.params), options);
  const job = await startJob(
    prepareJob({ ...request, requestId: requestId() }),
    cloudOf(options),
    told,
    flags.wait,
  );
  report(job, options, flags);
}

async function update(flags: DeployFlags, options: DataflowOptions): Promise<void> {
  const cloud = cloudOf(options);
  const inputs = await inputsOf(flags);
  const known = flags.running === undefined ? undefined : await graphIn(flags.running);
  const { job: running, times } = await runningJob(options.jobName, cloud);
  if (!times && flags.start === undefined) {
    throw new ConfigError(
      `Expected the job ${running.id} to say when it started; it was deployed otherwise. Say it with --start.`,
    );
  }
  const isKept = times && flags.start === undefined;
  const kept = isKept ? times : resumption([], inputs.startMs, inputs.params);
  const replaces = { jobId: running.id, mapping: pairsOf(flags.map ?? []) };
  const request = { ...requestOf(inputs, kept, options), requestId: requestId(), replaces };
  report(await updateJob(request, running, cloud, told, { known, isAwaited: flags.wait }), options, flags);
}

async function drain(flags: DeployFlags, given: Readonly<Record<string, unknown>>): Promise<void> {
  const place = jobPlace(jobSettings(given));
  const cloud = cloudOf(place);
  const { job } = await runningJob(place.jobName, cloud);
  report(await drainJob(job, cloud, told, flags.wait), place, flags);
}

async function dryRun(flags: DeployFlags, options: DataflowOptions): Promise<void> {
  const inputs = await inputsOf(flags);
  const request = requestOf(inputs, resumption(inputs.history, inputs.startMs, inputs.params), options);
  const mapping = pairsOf(flags.map ?? []);
  const prepared = prepareJob({ ...request, ...(flags.update ? { replaces: { mapping } } : {}) });
  const out = flags.out!;
  try {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, 'pipeline.pb'), prepared.bytes);
    await writeFile(join(out, 'job.json'), jobJson(prepared.job));
  } catch (cause) {
    throw new ConfigError(`Cannot write to ${out}: ${messageOf(cause)}.`, { cause });
  }
  const { pipelineProtoHash: graphSha256 } = prepared.job.environment.sdkPipelineOptions.options;
  const { graphUrl } = prepared;
  const told = { dryRun: true, out, graphUrl, graphSha256, graphBytes: prepared.bytes.length };
  if (flags.json) process.stdout.write(`${JSON.stringify(told)}\n`);
  else process.stdout.write(`written   ${join(out, 'job.json')} and pipeline.pb (SHA-256 ${graphSha256})\n`);
  if (flags.running === undefined) return;
  const findings = compareGraphs(await graphIn(flags.running), prepared.graph, mapping);
  process.stderr.write(reportOf(findings));
  assertCompatible(findings);
}

async function graphIn(path: string): Promise<ReturnType<typeof graphOf>> {
  try {
    const graph = graphOf(await readFile(path));
    // No bytes at all are a graph without steps, which any graph could replace.
    if (graph.rootTransformIds.length === 0) throw new UpstreamError('it holds no step');
    return graph;
  } catch (cause) {
    throw new ConfigError(`Expected --running to be a pipeline.pb, got ${path}: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

function cloudOf(place: { readonly project: string; readonly region: string }): Cloud {
  const onRetry = (what: string, reason: string) => say(`again     ${what}: ${reason}`);
  const api = new GoogleApi({ tokens: applicationDefault(), clock: systemClock, onRetry });
  return { jobs: new Jobs(api, place), storage: new Storage(api) };
}

/** Names this deployment for all its attempts; never two of them alike. */
function requestId(): string {
  return `cst-${systemClock.now()}-${randomBytes(6).toString('hex')}`;
}

const told = {
  onState: (state: string) => say(`state     ${wordOf(state)}`),
  onFindings: (findings: readonly Finding[]) => void process.stderr.write(reportOf(findings)),
};

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function report(
  job: RemoteJob,
  { project, region }: { readonly project: string; readonly region: string },
  flags: DeployFlags,
): void {
  const url = `https://console.cloud.google.com/dataflow/jobs/${region}/${job.id}?project=${project}`;
  const state = wordOf(job.currentState);
  const json = JSON.stringify({ id: job.id, name: job.name, state, url });
  process.stdout.write(
    flags.json ? `${json}\n` : `job       ${job.name} ${job.id} ${state}\n          ${url}\n`,
  );
}
