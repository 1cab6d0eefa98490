/** The embedded runner: a Beam pipeline in this process, streaming, between the edges it is given. */
import '../../../transforms/sdk.beam.ts';
import { JobState_Enum } from 'apache-beam/proto/beam_job_api';
import type { Pipeline } from 'apache-beam/proto/beam_runner_api';
import type { MonitoringInfo } from 'apache-beam/proto/metrics';
import { PipelineResult, Runner } from 'apache-beam/runners/runner';
import { monitoringInfos, type RunSummary, type StepMetrics } from './metrics.ts';
import { Run, type RunOptions } from './run.ts';

export interface RunHandle {
  /** Resolves when all sources have ended or a drain is done; rejects with an error that names the failed step. */
  readonly done: Promise<RunSummary>;
  /** Stops reading, processes what was taken, resolves with `done`. Idempotent. */
  drain(): Promise<void>;
  metrics(): StepMetrics[];
}

/** Runs what `transforms/` and `pipelines/` use of Beam; anything else it refuses by name before it starts. */
export class EmbeddedRunner extends Runner {
  readonly #options: RunOptions;

  constructor(options: RunOptions) {
    super();
    this.#options = options;
  }

  /** @throws ConfigError naming each transform that is not supported. */
  async start(pipeline: Pipeline): Promise<RunHandle> {
    const { handle } = await this.#start(pipeline);
    return handle;
  }

  /** Resolves once the pipeline runs; `waitUntilFinish` rejects where it fails. @throws ConfigError as `start`. */
  override async runPipeline(pipeline: Pipeline): Promise<PipelineResult> {
    const { run, handle } = await this.#start(pipeline);
    return new EmbeddedResult(run, handle);
  }

  async #start(pipeline: Pipeline): Promise<{ run: Run; handle: RunHandle }> {
    const run = await Run.prepare(pipeline, this.#options);
    const done = run.toEnd();
    // Whoever waits for `done` sees the failure; one who does not yet must not lose the process to it.
    done.catch(() => undefined);
    const handle: RunHandle = {
      done,
      metrics: () => run.metrics(),
      drain: async () => {
        run.drain();
        await done;
      },
    };
    return { run, handle };
  }
}

class EmbeddedResult extends PipelineResult {
  readonly #run: Run;
  readonly #handle: RunHandle;

  constructor(run: Run, handle: RunHandle) {
    super();
    this.#run = run;
    this.#handle = handle;
  }

  override async waitUntilFinish(): Promise<JobState_Enum> {
    const { drained } = await this.#handle.done;
    return drained ? JobState_Enum.DRAINED : JobState_Enum.DONE;
  }

  override async rawMetrics(): Promise<MonitoringInfo[]> {
    return monitoringInfos(this.#run.counters());
  }
}
