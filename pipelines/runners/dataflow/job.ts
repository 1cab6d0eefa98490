/**
 * The job as `projects.locations.jobs.create` (v1b3) takes it, of plain values alone. The reference is what Beam's own
 * Python submitter writes for the same graph; test/dataflow compares the two field by field.
 */
import { createHash } from 'node:crypto';
import type { Pipeline } from 'apache-beam/proto/beam_runner_api';
import { ConfigError } from '../../../schemas/errors.ts';
import { CAPABILITIES, graphBytes, inDocker } from './environment.ts';
import type { DataflowOptions } from './options.ts';

/**
 * Runner v2 with Streaming Engine, the only way the service runs portable streaming graphs, and what Python's submitter
 * adds by itself; `use_sibling_sdk_workers` is what the TypeScript SDK adds: one container a machine, a process a vCPU.
 */
const PINNED_EXPERIMENTS = [
  'beam_fn_api',
  'use_unified_worker',
  'use_runner_v2',
  'use_portable_job_submission',
  'enable_streaming_engine',
  'enable_windmill_service',
  'use_multiple_sdk_containers',
  'use_sibling_sdk_workers',
] as const;

/**
 * The service decides by name and version what a submitter may ask for, and knows none of TypeScript: the SDK's own
 * Dataflow runner submits through Python and so by this name. `major` is the version of the harness's protocol.
 */
const USER_AGENT = { name: 'Apache Beam Python 3.11 SDK', version: '2.77.0' } as const;
const HARNESS_MAJOR = '8';
export const DATAFLOW_URL = 'https://dataflow.googleapis.com';
const OPTIONS_NAMESPACE = 'crypto-signal-tracker';

/** What an update takes over from the job it replaces. Unit: ms since the epoch. */
export interface StartTimes {
  readonly emitAfterMs: number;
  readonly publishAfterMs: number;
}

export interface JobRequest {
  readonly graph: Pipeline;
  readonly options: DataflowOptions;
  readonly times: StartTimes;
  /** The same for each attempt to create one job: the service makes it once. Left out in a dry run. */
  readonly requestId?: string;
  /** An update: the job to replace, and the steps of it that have another name now. */
  readonly replaces?: { readonly jobId?: string; readonly mapping: Readonly<Record<string, string>> };
}

export interface PreparedJob {
  readonly graph: Pipeline;
  readonly bytes: Uint8Array;
  /** Where the graph must lie before the job is created; its name is its content. */
  readonly graphUrl: string;
  readonly job: DataflowJob;
}

type Plain = string | number | boolean | readonly string[] | undefined;

/** All members that a request may have; some only where it needs them. */
export type DataflowJob = ReturnType<typeof jobOf>;

/** Largest graph of a job, by the service's documentation. Unit: bytes. */
const MAX_GRAPH_BYTES = 10_000_000;

/** @throws ConfigError where the graph, with the history in it, is more than the service takes. */
export function prepareJob(request: JobRequest): PreparedJob {
  const graph = inDocker(request.graph, request.options.image);
  const bytes = graphBytes(graph);
  if (bytes.length > MAX_GRAPH_BYTES) {
    throw new ConfigError(
      `Expected a graph of at most ${MAX_GRAPH_BYTES / 1e6} MB, got ${(bytes.length / 1e6).toFixed(1)} MB, most of it --history. Take fewer symbols.`,
    );
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const graphUrl = `${trimmed(stagingOf(request.options))}/graphs/${sha256}/pipeline.pb`;
  return { graph, bytes, graphUrl, job: jobOf(request, { graph, graphUrl, sha256 }) };
}

interface Staged {
  readonly graph: Pipeline;
  readonly graphUrl: string;
  readonly sha256: string;
}

function jobOf(request: JobRequest, staged: Staged) {
  const { options, replaces, requestId } = request;
  const experiments = [...new Set([...PINNED_EXPERIMENTS, ...options.experiments])];
  const mapping = replaces?.mapping ?? {};
  return {
    name: options.jobName,
    type: 'JOB_TYPE_STREAMING',
    ...(requestId === undefined ? {} : { clientRequestId: requestId }),
    ...(replaces?.jobId === undefined ? {} : { replaceJobId: replaces.jobId }),
    ...(Object.keys(mapping).length === 0 ? {} : { transformNameMapping: mapping }),
    ...(Object.keys(options.labels).length === 0 ? {} : { labels: options.labels }),
    environment: {
      userAgent: USER_AGENT,
      version: { job_type: 'FNAPI_STREAMING', major: HARNESS_MAJOR },
      clusterManagerApiService: 'compute.googleapis.com',
      dataset: 'bigquery.googleapis.com/cloud_dataflow',
      tempStoragePrefix: options.tempLocation.replace('gs://', 'storage.googleapis.com/'),
      experiments,
      ...defined({ serviceAccountEmail: options.serviceAccount, serviceKmsKeyName: options.kmsKey }),
      ...(options.serviceOptions.length === 0 ? {} : { serviceOptions: options.serviceOptions }),
      workerPools: [poolOf(options, staged.graph)],
      sdkPipelineOptions: sdkOptionsOf(request, staged, experiments),
    },
  };
}

function poolOf(options: DataflowOptions, graph: Pipeline) {
  return {
    kind: 'harness',
    numWorkers: options.numWorkers,
    machineType: options.machineType,
    diskSizeGb: options.diskGb,
    ...defined({ network: options.network, subnetwork: options.subnetwork }),
    ipConfiguration: options.publicIps ? 'WORKER_IP_PUBLIC' : 'WORKER_IP_PRIVATE',
    autoscalingSettings: {
      algorithm:
        options.autoscaling === 'none' ? 'AUTOSCALING_ALGORITHM_NONE' : 'AUTOSCALING_ALGORITHM_BASIC',
      maxNumWorkers: options.maxWorkers,
    },
    taskrunnerSettings: { parallelWorkerSettings: { baseUrl: DATAFLOW_URL, servicePath: DATAFLOW_URL } },
    // One disk for the state of a stream, its size left to the service.
    dataDisks: [{}],
    workerHarnessContainerImage: options.image,
    sdkHarnessContainerImages: environmentsUsed(graph).map((environmentId) => ({
      containerImage: options.image,
      useSingleCorePerContainer: true,
      environmentId,
      capabilities: [...CAPABILITIES],
    })),
  };
}

function environmentsUsed(graph: Pipeline): string[] {
  const used = Object.values(graph.components?.transforms ?? {}).map(({ environmentId }) => environmentId);
  return [...new Set(used)].filter((id) => id !== '');
}

/** What the service shows as the job's options, and hands to the workers; names are Beam's. */
function sdkOptionsOf(request: JobRequest, staged: Staged, experiments: readonly string[]) {
  const { options: o, times } = request;
  const plain: Record<string, Plain> = {
    project: o.project,
    region: o.region,
    job_name: o.jobName,
    temp_location: o.tempLocation,
    staging_location: stagingOf(o),
    streaming: true,
    enable_streaming_engine: true,
    experiments,
    dataflow_service_options: o.serviceOptions,
    num_workers: o.numWorkers,
    max_num_workers: o.maxWorkers,
    autoscaling_algorithm: o.autoscaling === 'none' ? 'NONE' : 'THROUGHPUT_BASED',
    machine_type: o.machineType,
    disk_size_gb: o.diskGb,
    network: o.network,
    subnetwork: o.subnetwork,
    use_public_ips: o.publicIps,
    service_account_email: o.serviceAccount,
    dataflow_kms_key: o.kmsKey,
    labels: Object.entries(o.labels).map(([key, value]) => `${key}=${value}`),
    sdk_container_image: o.image,
    emit_after_ms: times.emitAfterMs,
    publish_after_ms: times.publishAfterMs,
    update: request.replaces !== undefined,
  };
  const options = defined(plain);
  return {
    options: { ...options, pipelineUrl: staged.graphUrl, pipelineProtoHash: staged.sha256 },
    display_data: Object.entries(options).map(([key, value]) => displayOf(key, value)),
  };
}

function displayOf(key: string, value: Exclude<Plain, undefined>) {
  const types: Partial<Record<string, string>> = { boolean: 'BOOLEAN', number: 'INTEGER' };
  const type = types[typeof value] ?? 'STRING';
  const shown = typeof value === 'object' ? value.join(', ') : value;
  return { namespace: OPTIONS_NAMESPACE, key, type, value: shown };
}

function stagingOf(options: DataflowOptions): string {
  return options.stagingLocation ?? options.tempLocation;
}

function trimmed(folder: string): string {
  return folder.replace(/\/+$/, '');
}

function defined<T extends object>(fields: T): { [K in keyof T]-?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]-?: Exclude<T[K], undefined>;
  };
}

/** As the dry run writes it and the service is sent it: the same request, the same bytes. */
export function jobJson(job: DataflowJob): string {
  return `${JSON.stringify(job, null, 2)}\n`;
}
