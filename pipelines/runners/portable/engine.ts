/** A replay on an engine that speaks Beam's portable Job API: the recording goes in with the graph, results come back as files. */
import { availableParallelism } from 'node:os';
import { HOUR_MS } from '../../../schemas/primitives.ts';
import type { ReplayEngine } from '../../replay/engine.ts';
import { subscriptionsOf, withRecording } from './edges.ts';
import type { EngineName } from './engines/catalog.ts';
import type { JobOptions } from './job-service.ts';
import { record } from './recording.ts';
import { type JobRunOptions, runJob } from './run-job.ts';

/**
 * Starts engine and workers for each run, and ends them with it.
 * Its run rejects with ConfigError where the engine is not installed, UpstreamError where engine or job fail or stand still.
 */
export function portableEngine(name: EngineName, options: JobRunOptions): ReplayEngine {
  return {
    async run(pipeline, { openSource, take }) {
      const subscriptions = subscriptionsOf(pipeline);
      const sources = new Map(subscriptions.map((each) => [each, openSource(each)]));
      const { events, hasLate } = await record(sources, { stepMs: STEP_MS[name] });
      const recorded = withRecording(pipeline, events);
      await runJob(name, recorded, { ...options, jobOptions: optionsFor(name, hasLate), take });
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
