/** Settings of a live job on Flink, by the names that Beam's Flink runner knows. Pure. */
import type { JobOptions } from '../job-service.ts';

export interface LiveFlinkOptions {
  /** `host:port` of a cluster; left out: the engine that was started for the job. */
  readonly master?: string | undefined;
  /** Folder of checkpoints that all of Flink reaches, as a URI (`file:///…`, `gs://…`). */
  readonly checkpoints: string;
  /** Between checkpoints; what a worker took is acknowledged after the second. Unit: ms. */
  readonly checkpointEveryMs: number;
  readonly parallelism: number;
  /** Checkpoint or savepoint that the job begins with; clusters only. */
  readonly restore?: string | undefined;
}

/**
 * Bundles end this often: outputs and event time leave a stage when its bundle ends, and there are some twelve stages
 * from a trade to a signal. Unit: ms.
 */
const MAX_BUNDLE_MS = 200;
/** Flink gives up after so many restarts; a worker that dies costs one. */
const MAX_RESTARTS = 1_000_000;

export function liveFlinkOptions(options: LiveFlinkOptions): JobOptions['options'] {
  const { master, checkpoints, checkpointEveryMs, parallelism, restore } = options;
  return {
    streaming: true,
    ...(master === undefined ? {} : { flink_master: master }),
    ...(restore === undefined ? {} : { savepoint_path: restore }),
    parallelism,
    // Flink keeps tables of each state for each part that it could be split into, and Beam before 2.76 makes states without
    // end: see docs/DECISIONS.md. So a job is restored with the parallelism it had.
    max_parallelism: parallelism,
    max_bundle_time_mills: MAX_BUNDLE_MS,
    checkpointing_interval: checkpointEveryMs,
    // One after the other, with a pause: see pipelines/worker/operators/commits.ts.
    num_concurrent_checkpoints: 1,
    min_pause_between_checkpoints: Math.ceil(checkpointEveryMs / 2),
    // A checkpoint then holds no half bundles.
    finish_bundle_before_checkpointing: true,
    externalized_checkpoints_enabled: true,
    retain_externalized_checkpoints_on_cancellation: true,
    state_backend: 'filesystem',
    state_backend_storage_path: checkpoints,
    number_of_execution_retries: MAX_RESTARTS,
    execution_retry_delay: 500,
  };
}
