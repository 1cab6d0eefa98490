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
const INSTRUMENTS_MS = 3_600_000;
const BACKOFF = { firstMs: 1_000, maxMs: 30_000 };

/** A pass each second and on `wake`; more seldom while the exchange is away. Rejects never: it is told to `onError`. */
export function runExecution(options: RunExecutionOptions): RunningExecution {
  const stopping = new AbortController();
  let waking = new AbortController();
  const { clock } = options;
  const jobs = jobsOf(new Execution(options));
  const run = async () => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      waking = new AbortController();
      failures = (await round(jobs, options)) ? 0 : failures + 1;
      const waitMs = failures === 0 ? POLL_MS : backoffMs(failures, BACKOFF, 1);
      await clock.until(clock.now() + waitMs, AbortSignal.any([stopping.signal, waking.signal]));
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
}

function jobsOf(execution: Execution): Job[] {
  return [
    { everyMs: INSTRUMENTS_MS, due: 0, act: () => execution.instruments() },
    { everyMs: 0, due: 0, act: () => execution.pass() },
    { everyMs: RECONCILE_MS, due: 0, act: () => execution.reconcile() },
  ];
}

/** What is due is tried, each for itself. False where something failed: it stays due. */
async function round(jobs: readonly Job[], { clock, onError }: RunExecutionOptions): Promise<boolean> {
  let isWell = true;
  for (const job of jobs.filter(({ due }) => due <= clock.now())) {
    try {
      await job.act();
      job.due = clock.now() + job.everyMs;
    } catch (error) {
      isWell = false;
      onError?.(error);
    }
  }
  return isWell;
}
