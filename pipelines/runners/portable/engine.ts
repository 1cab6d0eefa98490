/** A replay on an engine that speaks Beam's portable Job API: the recording goes in with the graph, results come back as files. */
import { mkdtemp } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Pipeline } from 'apache-beam/proto/beam_runner_api';
import type { Clock } from '../../../connectors/clock/port.ts';
import { UpstreamError } from '../../../schemas/errors.ts';
import { HOUR_MS } from '../../../schemas/primitives.ts';
import type { ReplayEngine } from '../../replay/engine.ts';
import { startWorkerPool, type WorkerPool } from '../../worker/pool/pool.ts';
import type { Log } from '../../worker/process/log.ts';
import { subscriptionsOf, withRecording, withSpool, withWorkerPool } from './edges.ts';
import type { EngineName, Environment } from './engines/catalog.ts';
import { type RunningEngine, startEngine } from './engines/start.ts';
import { type JobMetrics, type JobOptions, submitJob } from './job-service.ts';
import { record } from './recording.ts';
import { readSpool } from './spool.ts';

export interface PortableEngineOptions {
  readonly env: Environment;
  readonly clock: Clock;
  /** What the engine, its workers and the job have to say. */
  readonly log: Log;
  /** Told while the job runs: its worker processes, for those who want to kill one. */
  readonly onStart?: (workers: Pick<WorkerPool, 'workers'>) => void;
  /** Told once the job is done. */
  readonly onMetrics?: (metrics: JobMetrics) => void;
}

/**
 * Starts engine and workers for each run, and ends them with it.
 * Its run rejects with ConfigError where the engine is not installed, UpstreamError where engine or job fail.
 */
export function portableEngine(name: EngineName, options: PortableEngineOptions): ReplayEngine {
  return {
    async run(pipeline, { openSource, take }) {
      const subscriptions = subscriptionsOf(pipeline);
      const sources = new Map(subscriptions.map((each) => [each, openSource(each)]));
      const { events, hasLate } = await record(sources, { stepMs: STEP_MS[name] });
      await runJob(name, withRecording(pipeline, events), { ...options, hasLate, take });
    },
  };
}

/**
 * How often event time is told where nothing is late. Each time, Prism takes every element of every open window out of a
 * heap and puts it back. Unit: ms of market time.
 */
const STEP_MS: Readonly<Record<EngineName, number>> = { prism: 6 * HOUR_MS, flink: HOUR_MS };

/** It would take a bundle that has nothing left to split for a failure of the job. */
export const PRISM_OPTIONS: JobOptions['options'] = {
  streaming: true,
  experiments: ['prism_disable_sdf_split'],
};

/** A lost worker costs a restart from the first event: ids make that harmless. */
export const FLINK_OPTIONS: JobOptions['options'] = {
  streaming: true,
  number_of_execution_retries: 10,
  execution_retry_delay: 500,
};

/** Slots and worker processes, each with its share of the symbols. */
function slots(count: number): JobOptions['options'] {
  return { parallelism: count, max_parallelism: count, sdk_worker_parallelism: count };
}

const MAX_SLOTS = 4;

/**
 * Flink holds a watermark back while a bundle is open, and takes what follows into the bundle: late elements would be
 * late no more, too late ones would be taken. Where there are any, no bundle reaches over a watermark, and one slot keeps
 * the stream in order. It costs a round trip for each element.
 */
const EXACT: JobOptions['options'] = { ...slots(1), max_bundle_size: 1 };

function optionsFor(name: EngineName, hasLate: boolean): JobOptions['options'] {
  if (name === 'prism') return PRISM_OPTIONS;
  return { ...FLINK_OPTIONS, ...(hasLate ? EXACT : slots(Math.min(MAX_SLOTS, availableParallelism()))) };
}

interface RunJob extends PortableEngineOptions {
  readonly hasLate: boolean;
  readonly take: (topic: string, bytes: Uint8Array) => void;
}

async function runJob(name: EngineName, pipeline: Pipeline, options: RunJob): Promise<void> {
  const { log, env, clock, take } = options;
  const pool = await startWorkerPool({ log: (entry) => entry.severity !== 'INFO' && log(entry) });
  let engine: RunningEngine | undefined;
  try {
    engine = await startEngine(name, { env, clock });
    // In the engine's folder, so that results go with it also when this process is killed.
    const dir = await mkdtemp(join(engine.folder, 'spool-'));
    const job = await submitJob(engine.jobEndpoint, withWorkerPool(withSpool(pipeline, dir), pool.url), {
      jobName: 'replay',
      options: optionsFor(name, options.hasLate),
    });
    options.onStart?.(pool);
    const state = await Promise.race([job.done, diedOf(engine)]);
    if (state !== 'done') throw new UpstreamError(`Expected ${name} to end the job, got it ${state}.`);
    options.onMetrics?.(await job.metrics());
    await Promise.race([taken(dir, take), diedOf(engine)]);
  } finally {
    await Promise.all([engine?.close(), pool.close()]);
  }
}

async function taken(dir: string, take: RunJob['take']): Promise<void> {
  for await (const { topic, bytes } of readSpool(dir)) take(topic, bytes);
}

/** Rejects where the engine ends by itself: its own last lines tell more than a broken stream. */
async function diedOf(engine: RunningEngine): Promise<never> {
  const failure = await engine.exited;
  if (failure) throw failure;
  return new Promise(() => undefined);
}
