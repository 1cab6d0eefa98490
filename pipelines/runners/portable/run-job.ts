/** One job on an engine with workers of its own, watched from its start to its last result. */
import { mkdtemp, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pipeline } from 'apache-beam/proto/beam_runner_api';
import type { Clock } from '../../../connectors/clock/port.ts';
import type { Environment } from '../../../connectors/environment.ts';
import { UpstreamError } from '../../../schemas/errors.ts';
import { startWorkerPool, type WorkerPool } from '../../worker/pool/pool.ts';
import type { Log } from '../../worker/process/log.ts';
import { withSpool, withWorkerPool } from './edges.ts';
import type { EngineName } from './engines/catalog.ts';
import { type RunningEngine, startEngine } from './engines/start.ts';
import { type JobMetrics, type JobOptions, submitJob } from './job-service.ts';
import { readSpool } from './spool.ts';
import { standsStill } from './standstill.ts';
import { Tail } from './tail.ts';

export interface JobRunOptions {
  readonly env: Environment;
  readonly clock: Clock;
  /** What the engine, its workers and the job have to say. */
  readonly log: Log;
  /** Ends the run, with an error that says how far it came. */
  readonly signal?: AbortSignal;
  /** Told once the job is done. */
  readonly onMetrics?: (metrics: JobMetrics) => void;
}

interface RunJob extends JobRunOptions {
  readonly jobOptions: JobOptions['options'];
  readonly take: (topic: string, bytes: Uint8Array) => void;
}

/**
 * A job that shows nothing new for so long is given up: no result written or read, no word of the job or its workers. The
 * engine's log does not count: Prism's goes on telling that a pipeline runs.
 * Six times the longest such pause of the proofs (53 s before the first result, seven days of five symbols on Flink,
 * two cores shared with others), and longer than Beam's own waits (3 minutes). Unit: ms.
 */
const STANDSTILL_MS = 300_000;

/** @throws UpstreamError where engine or job fail, stand still, or are told to end. */
export async function runJob(name: EngineName, pipeline: Pipeline, options: RunJob): Promise<void> {
  const { log, env, clock, signal } = options;
  const [workersSaid, over] = [new Tail(), new AbortController()];
  const pool = await startWorkerPool({
    log: (entry) => {
      workersSaid.add(`${entry.worker ?? 'pool'}: ${entry.message}`);
      if (entry.severity !== 'INFO') log(entry);
    },
  });
  let engine: RunningEngine | undefined;
  try {
    engine = await startEngine(name, { env, clock });
    const run = new JobRun(name, { engine, pool, workersSaid, ...options });
    await Promise.race([run.work(pipeline), diedOf(engine), run.stoodStill(over.signal), run.told(signal)]);
  } finally {
    over.abort();
    await Promise.all([engine?.close(), pool.close()]);
  }
}

interface JobRunParts extends RunJob {
  readonly engine: RunningEngine;
  readonly pool: WorkerPool;
  /** Also of each that started or ended. */
  readonly workersSaid: Tail;
}

class JobRun {
  readonly #name: EngineName;
  readonly #parts: JobRunParts;
  readonly #jobSaid = new Tail();
  #dir = '';
  #taken = 0;

  constructor(name: EngineName, parts: JobRunParts) {
    this.#name = name;
    this.#parts = parts;
  }

  async work(pipeline: Pipeline): Promise<void> {
    const { engine, pool, jobOptions, onMetrics, take } = this.#parts;
    // In the engine's folder, so that results go with it also when this process is killed.
    this.#dir = await mkdtemp(join(engine.folder, 'spool-'));
    const job = await submitJob(
      engine.jobEndpoint,
      withWorkerPool(withSpool(pipeline, this.#dir), pool.url),
      { jobName: 'replay', options: jobOptions, onMessage: (text) => this.#jobSaid.add(text) },
    );
    const state = await job.done;
    if (state !== 'done') throw new UpstreamError(`Expected ${this.#name} to end the job, got it ${state}.`);
    onMetrics?.(await job.metrics());
    for await (const { topic, bytes } of readSpool(this.#dir)) {
      take(topic, bytes);
      this.#taken += 1;
    }
  }

  /** Rejects where nothing new is seen of the job for long. */
  async stoodStill(signal: AbortSignal): Promise<never> {
    const { clock } = this.#parts;
    const watch = { clock, limitMs: STANDSTILL_MS, signal };
    if (!(await standsStill(() => this.#shown(), watch))) return never();
    throw this.#givenUp(`got nothing new from it for ${STANDSTILL_MS / 60_000} min`);
  }

  /** Rejects where it is told to end. */
  async told(signal: AbortSignal | undefined): Promise<never> {
    if (!signal) return never();
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw this.#givenUp('was told to end it');
  }

  async #shown(): Promise<string> {
    const { workersSaid } = this.#parts;
    return [await bytesIn(this.#dir), this.#taken, workersSaid.count, this.#jobSaid.count].join();
  }

  #givenUp(what: string): UpstreamError {
    const { engine, workersSaid } = this.#parts;
    const said = Object.entries({ [this.#name]: engine.said, workers: workersSaid, job: this.#jobSaid });
    const words = said.map(([who, tail]) => `${who}: ${tail.told()}`).join('\n');
    return new UpstreamError(`Expected ${this.#name} to end the job, ${what}. Try again.\n${words}`);
  }
}

/** Zero where the folder is not yet there, or gone with its engine. */
async function bytesIn(dir: string): Promise<number> {
  try {
    const sizes = (await readdir(dir)).map(async (name) => (await stat(join(dir, name))).size);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  } catch {
    return 0;
  }
}

/** Rejects where the engine ends by itself: its own last lines tell more than a broken stream. */
async function diedOf(engine: RunningEngine): Promise<never> {
  const failure = await engine.exited;
  if (failure) throw failure;
  return never();
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
