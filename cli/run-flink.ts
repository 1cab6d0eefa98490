/** The graph as an endless job on Flink, between the subscriptions and topics of Pub/Sub; this process minds it. */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openPubSubBus } from '../connectors/bus/pubsub.ts';
import { systemClock } from '../connectors/clock/system.ts';
import type { Environment } from '../connectors/environment.ts';
import { venueAdapter } from '../connectors/exchanges/adapters.ts';
import { startEngine } from '../pipelines/runners/portable/engines/start.ts';
import type { Job } from '../pipelines/runners/portable/job-service.ts';
import { type LiveWorkers, startLiveJob } from '../pipelines/runners/portable/live/live-job.ts';
import { resumption, warmCandles } from '../pipelines/warm-start.ts';
import { startWorkerPool } from '../pipelines/worker/pool/pool.ts';
import { UpstreamError } from '../schemas/errors.ts';
import { GRAPH_INPUTS } from '../schemas/subscriptions.ts';
import type { Log } from './log.ts';
import { type PubSubRunOptions, VENUE } from './pubsub-run.ts';

export interface FlinkRunOptions extends PubSubRunOptions {
  /** `host:port` of a cluster's REST; an engine of this process's own where left out. */
  readonly master?: string | undefined;
  /** Where the cluster's steps run; workers of this process's own where left out. */
  readonly workers?: LiveWorkers | undefined;
  /** Folder or URI of checkpoints. */
  readonly checkpoints: string;
  readonly checkpointEveryMs: number;
  /** Checkpoint that a cluster begins with. */
  readonly restore?: string | undefined;
  readonly parallelism: number;
  readonly env: Environment;
}

const JOB = 'cst-signals';

/** Runs until it is asked to stop, or Flink gives the job up. @throws ConfigError, UpstreamError */
export async function runOnFlink(options: FlinkRunOptions): Promise<void> {
  const { env, clock, log, stopAsked } = options;
  const closing: (() => Promise<void>)[] = [];
  try {
    if (options.create) await makeInputs(options);
    const warm = await warmed(options);
    const engine = await startEngine('flink', { env, clock });
    closing.push(() => engine.close());
    const workers = options.workers ?? { pool: await ownPool(log, closing) };
    const job = await startLiveJob({
      jobName: JOB,
      jobEndpoint: engine.jobEndpoint,
      workers,
      warm,
      venue: VENUE,
      project: options.project,
      endpoint: options.endpoint,
      create: options.create ? 'missing' : 'never',
      symbols: options.symbols,
      params: options.params,
      flink: { ...options, checkpoints: await uriOf(options.checkpoints) },
      onMessage: (text, isError) => log(isError ? 'ERROR' : 'INFO', text),
    });
    log(
      'INFO',
      `Job ${job.id} reads ${options.symbols.length} symbols of Pub/Sub project ${options.project}.`,
    );
    closing.push(() => cancelled(job, log));
    await Promise.race([ended(job), engineGone(engine.exited), stopAsked]);
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

async function warmed({ symbols, params, restUrl, clock }: FlinkRunOptions) {
  const startMs = clock.now();
  const rest = venueAdapter(VENUE).rest({ baseUrl: restUrl, clock: systemClock });
  const history = await warmCandles({
    venue: VENUE,
    symbols,
    startMs,
    fetchKlines: (query) => rest.klines(query),
  });
  return { history, ...resumption(history, startMs, params, { isResuming: true }) };
}

/** Once made, a subscription keeps what is published until the job reads it. */
async function makeInputs({ project, endpoint, clock }: FlinkRunOptions): Promise<void> {
  const bus = openPubSubBus({ project, endpoint, clock, create: 'missing' });
  try {
    for (const topic of GRAPH_INPUTS) await (await bus.subscribe(topic, 'graph')).close();
  } finally {
    await bus.close();
  }
}

async function ownPool(log: Log, closing: (() => Promise<void>)[]): Promise<string> {
  const pool = await startWorkerPool({
    log: ({ severity, message, ...fields }) => log(severity === 'ERROR' ? 'ERROR' : 'INFO', message, fields),
    onLine: (worker, line) => log('WARNING', line, { worker }),
  });
  closing.push(() => pool.close());
  return pool.url;
}

/** Takes a folder, which it makes, or the URI of one that the cluster reaches. */
async function uriOf(checkpoints: string): Promise<string> {
  if (/^[a-z][a-z0-9+.-]+:\//.test(checkpoints)) return checkpoints;
  await mkdir(checkpoints, { recursive: true });
  return pathToFileURL(resolve(checkpoints)).href;
}

async function ended(job: Job): Promise<void> {
  throw new UpstreamError(`Expected the job to run until it is stopped, got it ${await job.done}.`);
}

async function engineGone(exited: Promise<UpstreamError | undefined>): Promise<void> {
  const error = await exited;
  if (error) throw error;
}

/** What no checkpoint holds was not acknowledged, and comes again. */
async function cancelled(job: Job, log: Log): Promise<void> {
  await job.cancel().catch((error: unknown) => log('WARNING', `The job could not be cancelled: ${error}`));
  log('INFO', 'Stopped: what no checkpoint holds goes to the next job.');
}
