/** The graph as a job without end on Flink, between the subscriptions and topics of Pub/Sub. */
import type { Candle } from '../../../../schemas/candle.ts';
import type { SignalParams } from '../../../../schemas/params.ts';
import { streamKey, type Venue } from '../../../../schemas/primitives.ts';
import { compileSignals } from '../../../compile.ts';
import type { Resumption } from '../../../warm-start.ts';
import { inDocker } from '../../dataflow/environment.ts';
import { withWorkerPool } from '../edges.ts';
import { type Job, type JobOptions, submitJob } from '../job-service.ts';
import { withPubSub } from './edges.ts';
import { type LiveFlinkOptions, liveFlinkOptions } from './flink-options.ts';

/** Where the steps run: workers of a pool that each task manager reaches at host:port, or containers. */
export type LiveWorkers = { readonly pool: string } | { readonly image: string };

export interface LiveJobOptions extends Pick<JobOptions, 'jobName' | 'onMessage'> {
  /** Job API, host:port. */
  readonly jobEndpoint: string;
  readonly workers: LiveWorkers;
  readonly flink: LiveFlinkOptions;
  readonly project: string;
  /** `host:port` of an emulator; Google's Pub/Sub where left out. */
  readonly endpoint?: string | undefined;
  readonly create: 'missing' | 'never';
  readonly venue: Venue;
  readonly symbols: readonly string[];
  readonly params: SignalParams;
  /** Closed candles known before the start, and where the job takes up. */
  readonly warm: Resumption & { readonly history: readonly Candle[] };
  /** What a worker that died held comes again after so long. Unit: ms. */
  readonly leaseMs?: number;
  /** How long a message that is missing is waited for. Unit: ms. */
  readonly patienceMs?: number;
  /** Connections of each subscription. */
  readonly pullStreams?: number;
}

const LEASE_MS = 30_000;
const PATIENCE_MS = 10_000;

/** Resolves once the job is taken. @throws UpstreamError where the engine refuses it or cannot be reached. */
export function startLiveJob(options: LiveJobOptions): Promise<Job> {
  const { project, endpoint, create, venue, symbols, params, warm, workers, jobName, onMessage } = options;
  const { leaseMs = LEASE_MS, patienceMs = PATIENCE_MS, pullStreams = 1 } = options;
  const graph = compileSignals({ project, params, leadVenue: venue, ...warm });
  const live = withPubSub(graph, {
    project,
    endpoint,
    create,
    leaseMs,
    patienceMs,
    pullStreams,
    allowedDisorderMs: params.market.allowedDisorderMs,
    sinceMs: warm.publishAfterMs,
    streams: symbols.map((symbol) => streamKey(venue, symbol)),
  });
  const placed = 'pool' in workers ? withWorkerPool(live, workers.pool) : inDocker(live, workers.image);
  return submitJob(options.jobEndpoint, placed, {
    jobName,
    options: liveFlinkOptions(options.flink),
    ...(onMessage ? { onMessage } : {}),
  });
}
