/** Client of Beam's portable Job API: hands a pipeline to an engine and follows the job to its end. */
import '../../../transforms/sdk.beam.ts';
import type { ServiceError } from '@grpc/grpc-js';
import { type ArtifactRequestWrapper, ArtifactResponseWrapper } from 'apache-beam/proto/beam_artifact_api';
import { ArtifactStagingServiceClient } from 'apache-beam/proto/beam_artifact_api.grpc-client';
import {
  type GetJobMetricsResponse,
  JobMessage_MessageImportance,
  type JobMessagesResponse,
  JobState_Enum,
  type JobStateEvent,
  type PrepareJobResponse,
  type RunJobResponse,
} from 'apache-beam/proto/beam_job_api';
import { JobServiceClient } from 'apache-beam/proto/beam_job_api.grpc-client';
import type { Pipeline } from 'apache-beam/proto/beam_runner_api';
import { Struct } from 'apache-beam/proto/google/protobuf/struct';
import type { MonitoringInfo } from 'apache-beam/proto/metrics';
import type { Clock } from '../../../connectors/clock/port.ts';
import { systemClock } from '../../../connectors/clock/system.ts';
import { within } from '../../../connectors/clock/within.ts';
import { InvariantError, messageOf, UpstreamError } from '../../../schemas/errors.ts';
import { CHANNEL_OPTIONS, insecure } from '../../worker/channels/grpc.ts';

const ENDED: readonly JobState_Enum[] = [
  JobState_Enum.DONE,
  JobState_Enum.FAILED,
  JobState_Enum.CANCELLED,
  JobState_Enum.UPDATED,
  JobState_Enum.DRAINED,
];
/** Error messages of a job that are told when it fails. */
const TOLD_MESSAGES = 3;

export interface JobOptions {
  readonly jobName: string;
  /** Pipeline options by snake_case name, as the engine knows them. */
  readonly options: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** Messages of the engine and its workers about the job. */
  readonly onMessage?: (text: string, isError: boolean) => void;
  /** Default the machine's. */
  readonly clock?: Clock;
}

export interface Job {
  readonly id: string;
  /** Resolves when the job is done, drained or cancelled. @throws UpstreamError with the engine's reason where it failed. */
  readonly done: Promise<'done' | 'drained' | 'cancelled'>;
  cancel(): Promise<void>;
  metrics(): Promise<JobMetrics>;
}

export interface JobMetrics {
  /** Elements that came into each collection, by its id in the pipeline; what the engine does not tell is left out. */
  readonly elements: ReadonlyMap<string, number>;
  readonly infos: readonly MonitoringInfo[];
}

/** Prepares, stages and starts the job. @throws UpstreamError where the engine refuses it or cannot be reached. */
export async function submitJob(endpoint: string, pipeline: Pipeline, options: JobOptions): Promise<Job> {
  const client = new JobServiceClient(endpoint, insecure(), CHANNEL_OPTIONS);
  try {
    const pipelineOptions = Struct.fromJson(
      Object.fromEntries(
        Object.entries(options.options).map(([name, value]) => [`beam:option:${name}:v1`, value as never]),
      ),
    );
    const { preparationId, artifactStagingEndpoint, stagingSessionToken } = await call<PrepareJobResponse>(
      (done) => client.prepare({ pipeline, jobName: options.jobName, pipelineOptions }, done),
    );
    if (artifactStagingEndpoint?.url) await offerNothing(artifactStagingEndpoint.url, stagingSessionToken);
    const { jobId } = await call<RunJobResponse>((done) =>
      client.run({ preparationId, retrievalToken: '' }, done),
    );
    return follow(client, jobId, options);
  } catch (cause) {
    client.close();
    throw new UpstreamError(
      `Expected the engine at ${endpoint} to take job ${options.jobName}: ${messageOf(cause)}`,
      { cause },
    );
  }
}

function follow(client: JobServiceClient, jobId: string, options: JobOptions): Job {
  const { jobName, onMessage, clock = systemClock } = options;
  const errors: string[] = [];
  const messages = client.getMessageStream({ jobId });
  messages.on('data', ({ response }: JobMessagesResponse) => {
    if (response.oneofKind !== 'messageResponse') return;
    const { importance, messageText } = response.messageResponse;
    const isError = importance === JobMessage_MessageImportance.JOB_MESSAGE_ERROR;
    if (isError) errors.push(messageText);
    onMessage?.(messageText, isError);
  });
  // It ends with the job, or when the engine goes: the stream of states tells which.
  messages.on('error', () => undefined);
  const told = new Promise<void>((resolve) => messages.once('close', resolve));
  const done = endOf(client, jobId, jobName).then(async (state) => {
    if (state === JobState_Enum.FAILED) {
      await within(clock, LAST_WORDS_MS, told);
      throw new UpstreamError(`Job ${jobName} failed: ${reasonOf(errors)}`);
    }
    if (state === JobState_Enum.CANCELLED) return 'cancelled';
    return state === JobState_Enum.DRAINED ? 'drained' : 'done';
  });
  // Whoever waits for `done` sees the failure; one who does not yet must not lose the process to it.
  done.catch(() => undefined);
  return {
    id: jobId,
    done,
    cancel: async () => {
      await call((answer) => client.cancel({ jobId }, answer));
    },
    metrics: async () =>
      metricsOf(await call<GetJobMetricsResponse>((answer) => client.getJobMetrics({ jobId }, answer))),
  };
}

/** The state that it ended in. */
function endOf(client: JobServiceClient, jobId: string, jobName: string): Promise<JobState_Enum> {
  return new Promise<JobState_Enum>((resolve, reject) => {
    const states = client.getStateStream({ jobId });
    let last: JobState_Enum = JobState_Enum.UNSPECIFIED;
    states.on('data', ({ state }: JobStateEvent) => {
      last = state;
      if (!ENDED.includes(state)) return;
      resolve(state);
      states.cancel();
    });
    states.on('error', (cause: Error) =>
      reject(new UpstreamError(`Lost the engine while job ${jobName} ran: ${cause.message}`, { cause })),
    );
    states.on('end', () =>
      reject(
        new UpstreamError(`The engine stopped telling of job ${jobName} in state ${JobState_Enum[last]}.`),
      ),
    );
  });
}

/** How long the messages of a failed job may lag behind its state. Unit: ms. */
const LAST_WORDS_MS = 2_000;

function reasonOf(errors: readonly string[]): string {
  if (errors.length === 0) return 'the engine gave no reason; see its log.';
  return errors.slice(-TOLD_MESSAGES).join('\n');
}

function metricsOf({ metrics }: GetJobMetricsResponse): JobMetrics {
  const infos = metrics?.committed.length ? metrics.committed : (metrics?.attempted ?? []);
  const elements = new Map<string, number>();
  for (const { urn, labels, payload } of infos) {
    if (urn !== 'beam:metric:element_count:v1') continue;
    const id = labels.PCOLLECTION ?? '';
    elements.set(id, (elements.get(id) ?? 0) + varint(payload));
  }
  return { elements, infos };
}

function varint(bytes: Uint8Array): number {
  return bytes.reduce((value, byte, i) => value + (byte & 0x7f) * 2 ** (7 * i), 0);
}

/** Workers bring their own code, so there is nothing to stage; some engines wait to be told so. */
function offerNothing(endpoint: string, stagingToken: string): Promise<void> {
  const client = new ArtifactStagingServiceClient(endpoint, insecure(), CHANNEL_OPTIONS);
  const stream = client.reverseArtifactRetrievalService();
  return new Promise<void>((resolve, reject) => {
    stream.on('data', ({ request }: ArtifactRequestWrapper) => {
      if (request.oneofKind === 'resolveArtifact') {
        const replacements = request.resolveArtifact.artifacts;
        const resolveArtifactResponse = { replacements };
        stream.write(
          ArtifactResponseWrapper.create({
            stagingToken,
            response: { oneofKind: 'resolveArtifactResponse', resolveArtifactResponse },
          }),
        );
      } else {
        reject(new InvariantError('Expected an engine that asks for no artifacts: there are none.'));
        stream.cancel();
      }
    });
    stream.on('error', reject);
    stream.on('end', resolve);
    stream.write(ArtifactResponseWrapper.create({ stagingToken, response: { oneofKind: undefined } }));
  }).finally(() => client.close());
}

function call<T>(start: (done: (error: ServiceError | null, value?: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value as T)));
  });
}
