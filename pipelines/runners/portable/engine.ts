/** A replay on an engine that speaks Beam's portable Job API: the recording goes in with the graph, results come back as files. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UpstreamError } from '../../../schemas/errors.ts';
import { HOUR_MS } from '../../../schemas/primitives.ts';
import type { ReplayEngine } from '../../replay/engine.ts';
import { subscriptionsOf, withRecording, withSpool, withWorkerPool } from './edges.ts';
import { type JobMetrics, type JobOptions, submitJob } from './job-service.ts';
import { record } from './recording.ts';
import { readSpool } from './spool.ts';

export interface PortableEngineOptions {
  /** Job API of the running engine, host:port. */
  readonly jobEndpoint: string;
  /** Pool that starts worker processes, host:port. */
  readonly workerPool: string;
  readonly job: JobOptions;
  /** See `RecordOptions`. */
  readonly stepMs?: number;
  /** Told once the job is done. */
  readonly onMetrics?: (metrics: JobMetrics) => void;
}

/** An hour of minutes is a bundle's worth of work. */
const STEP_MS = HOUR_MS;

export function portableEngine(options: PortableEngineOptions): ReplayEngine {
  return {
    async run(pipeline, { openSource, take }) {
      const subscriptions = subscriptionsOf(pipeline);
      const sources = new Map(subscriptions.map((name) => [name, openSource(name)]));
      const events = await record(sources, { stepMs: options.stepMs ?? STEP_MS });
      const dir = await mkdtemp(join(tmpdir(), 'cst-spool-'));
      try {
        const edged = withWorkerPool(withSpool(withRecording(pipeline, events), dir), options.workerPool);
        const job = await submitJob(options.jobEndpoint, edged, options.job);
        const state = await job.done;
        if (state !== 'done') throw new UpstreamError(`Expected the job to be done, got it ${state}.`);
        options.onMetrics?.(await job.metrics());
        for await (const { topic, bytes } of readSpool(dir)) take(topic, bytes);
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
  };
}

/** Prism: no splits of running bundles, which it takes an ended bundle's refusal of for a failure. */
export const PRISM_OPTIONS: JobOptions['options'] = {
  streaming: true,
  experiments: ['prism_disable_sdf_split'],
};

/** Flink: one task slot, so that elements and watermarks of a stream keep their order. */
export const FLINK_OPTIONS: JobOptions['options'] = {
  streaming: true,
  parallelism: 1,
};
