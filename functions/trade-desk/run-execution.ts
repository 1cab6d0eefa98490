/** Execution in a process of its own pace: again and again, until it is stopped. */
import { backoffMs } from '../../connectors/backoff.ts';
import { Execution, type ExecutionOptions } from './execution.ts';

export interface RunExecutionOptions extends ExecutionOptions {
  /** Told of each failed attempt; it is made again. */
  readonly onError?: (error: unknown) => void;
}

export interface RunningExecution {
  /** There is something to send. */
  wake(): void;
  /** Finishes what it is at, then stops. */
  close(): Promise<void>;
}

/** Unit: ms of the clock. */
const POLL_MS = 1_000;
const RECONCILE_MS = 300_000;
/** A symbol that is new is waited for no longer. */
const INSTRUMENTS_MS = 10_000;
const BACKOFF = { firstMs: 1_000, maxMs: 30_000 };

/**
 * All there is to do, each second and on `wake`. What fails is tried again by itself, more and more seldom: an order that
 * cannot be sent keeps no fill from being seen.
 */
export function runExecution(options: RunExecutionOptions): RunningExecution {
  const stopping = new AbortController();
  let waking = new AbortController();
  const { clock } = options;
  const jobs = jobsOf(new Execution(options));
  const run = async () => {
    while (!stopping.signal.aborted) {
      waking = new AbortController();
      for (const job of jobs.filter(({ due }) => due <= clock.now())) await attempt(job, options);
      await clock.until(clock.now() + POLL_MS, AbortSignal.any([stopping.signal, waking.signal]));
    }
  };
  const running = run();
  return {
    wake: () => waking.abort(),
    async close() {
      stopping.abort();
      await running;
    },
  };
}

interface Job {
  readonly everyMs: number;
  readonly act: () => Promise<void>;
  due: number;
  failures: number;
}

function jobsOf(execution: Execution): Job[] {
  const job = (everyMs: number, act: () => Promise<void>): Job => ({ everyMs, act, due: 0, failures: 0 });
  return [
    job(INSTRUMENTS_MS, () => execution.instruments()),
    job(0, () => execution.send()),
    job(0, () => execution.ask()),
    job(0, () => execution.tellFills()),
    job(RECONCILE_MS, () => execution.reconcile()),
  ];
}

async function attempt(job: Job, { clock, onError }: RunExecutionOptions): Promise<void> {
  try {
    await job.act();
    job.failures = 0;
  } catch (error) {
    job.failures += 1;
    onError?.(error);
  }
  const waitMs = job.failures === 0 ? job.everyMs : backoffMs(job.failures, BACKOFF, 1);
  job.due = clock.now() + waitMs;
}
