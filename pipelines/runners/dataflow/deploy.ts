/** From a graph to a running job: staged, created or handed over, watched. */
import type { Pipeline } from 'apache-beam/proto/beam_runner_api';
import { ConfigError, NotRunningError } from '../../../schemas/errors.ts';
import { compareGraphs } from './compatibility.ts';
import { graphOf } from './environment.ts';
import type { Finding } from './finding.ts';
import { type JobRequest, type PreparedJob, prepareJob, type StartTimes } from './job.ts';
import { type JobState, type Jobs, type RemoteJob, wordOf } from './jobs.ts';
import type { Storage } from './storage.ts';

export interface Cloud {
  readonly jobs: Jobs;
  readonly storage: Storage;
}

/** Told as it happens. */
export interface Told {
  readonly onState: (state: JobState) => void;
  readonly onFindings: (findings: readonly Finding[]) => void;
}

/** Machines start, pull the image and say hello: some minutes. */
const START_MS = 15 * 60_000;
/** All windows close at once, and what they hold goes out. */
const DRAIN_MS = 60 * 60_000;
const RUNNING: readonly JobState[] = ['JOB_STATE_RUNNING'];

/** @throws ConfigError where the service refuses it; UpstreamError where it fails before it runs. */
export async function startJob(
  prepared: PreparedJob,
  cloud: Cloud,
  told: Told,
  isAwaited = true,
): Promise<RemoteJob> {
  await cloud.storage.put(prepared.graphUrl, prepared.bytes);
  const job = await cloud.jobs.create(prepared.job);
  if (!isAwaited) return job;
  return cloud.jobs.watch(job.id, { until: RUNNING, timeoutMs: START_MS, onState: told.onState });
}

export interface Running {
  readonly job: RemoteJob;
  /** When its signals and records begin; an update keeps them. Undefined where another tool deployed it. */
  readonly times: StartTimes | undefined;
}

/** @throws NotRunningError where no job of this name runs. */
export async function runningJob(name: string, { jobs }: Cloud): Promise<Running> {
  const job = await jobs.find(name);
  if (!job) {
    throw new NotRunningError(
      `Expected a running job ${name}, found none. Deploy it without --update, or check --job-name, --project and --region.`,
    );
  }
  const { emit_after_ms: emit, publish_after_ms: publish } = optionsOf(job);
  const isOurs = typeof emit === 'number' && typeof publish === 'number';
  return { job, times: isOurs ? { emitAfterMs: emit, publishAfterMs: publish } : undefined };
}

export interface UpdateHow {
  /** The running job's graph, where the job does not say where it lies. */
  readonly known?: Pipeline | undefined;
  readonly isAwaited?: boolean;
}

/** @throws ConfigError, after the findings were told, where the running job's state cannot be handed over. */
export async function updateJob(
  request: JobRequest,
  running: RemoteJob,
  cloud: Cloud,
  told: Told,
  { known, isAwaited = true }: UpdateHow = {},
): Promise<RemoteJob> {
  if (running.currentState !== 'JOB_STATE_RUNNING') {
    throw new NotRunningError(
      `Expected the job ${running.id} to be running, got ${wordOf(running.currentState)}. Wait until it is.`,
    );
  }
  const prepared = prepareJob(request);
  const graph = known ?? graphOf(await cloud.storage.get(graphUrlOf(running)));
  const findings = compareGraphs(graph, prepared.graph, request.replaces?.mapping);
  told.onFindings(findings);
  assertCompatible(findings);
  return startJob(prepared, cloud, told, isAwaited);
}

/** @throws ConfigError where one of them stands in the way. */
export function assertCompatible(findings: readonly Finding[]): void {
  const faults = findings.filter(({ verdict }) => verdict !== 'safe');
  if (faults.length === 0) return;
  const [{ verdict, step, what, remedy }] = faults as [Finding];
  const more = faults.length > 1 ? ` And ${faults.length - 1} more, see above.` : '';
  throw new ConfigError(`The running job cannot be replaced: ${step} ${what} (${verdict}). ${remedy}${more}`);
}

/** Ends a job after all it has taken in is published. @throws UpstreamError, TimeoutError. */
export async function drainJob(
  job: RemoteJob,
  { jobs }: Cloud,
  told: Pick<Told, 'onState'>,
  isAwaited = true,
): Promise<RemoteJob> {
  await jobs.drain(job.id);
  if (!isAwaited) return jobs.get(job.id);
  return jobs.watch(job.id, { until: ['JOB_STATE_DRAINED'], timeoutMs: DRAIN_MS, onState: told.onState });
}

function optionsOf(job: RemoteJob): Record<string, unknown> {
  return job.environment?.sdkPipelineOptions?.options ?? {};
}

function graphUrlOf(job: RemoteJob): string {
  const { pipelineUrl } = optionsOf(job);
  if (typeof pipelineUrl === 'string') return pipelineUrl;
  throw new ConfigError(
    `Expected the job ${job.id} to say where its graph lies, got nothing. Give it with --running FILE.`,
  );
}
