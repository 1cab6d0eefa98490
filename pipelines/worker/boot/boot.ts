/**
 * The container of workers: asks the runner what to run, starts one process per worker id, and ends with them.
 * As in Beam's own boots a worker that ends with 0 is done. One that fails takes its siblings and the container with
 * it: the kubelet (Dataflow) or the runner (Flink) starts a fresh one, and bundles in flight are retried. Python's boot
 * restarts the process in place instead, where a crash for want of memory looks like a slow worker.
 */
import { constants } from 'node:os';
import type { Clock } from '../../../connectors/clock/port.ts';
import type { Log } from '../process/log.ts';
import {
  nodeCommand,
  startWorkerProcess,
  type WorkerExit,
  type WorkerProcess,
} from '../process/worker-process.ts';
import { bootFlags } from './flags.ts';
import { type Launch, launches } from './launch.ts';
import { type ContainerMemory, workerMemory } from './memory.ts';
import { provisionInfo } from './provision.ts';

export interface Container {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: ContainerMemory;
  /** What a worker's process runs. */
  readonly script: string;
  readonly onLine: (worker: string, line: string) => void;
  /** Aborts when the container is told to stop (SIGTERM). */
  readonly stopAsked: AbortSignal;
}

/** From SIGTERM to SIGKILL: more than a worker takes to finish its bundles (20 s), less than a kubelet waits (30 s). */
const GRACE_MS = 25_000;
/** As long as Beam's own boot waits: the runner may open the port after it starts the container. */
const PROVISION_MS = 120_000;

/** Resolves with the container's exit code: 0 where all workers ended well or were asked to end. */
export async function boot(argv: readonly string[], container: Container): Promise<number> {
  const { clock, log, stopAsked } = container;
  const flags = bootFlags(argv);
  log({ severity: 'INFO', message: `Asking ${flags.provisionEndpoint} what to run.`, worker: flags.id });
  const request = { endpoint: flags.provisionEndpoint, workerId: flags.id, withinMs: PROVISION_MS };
  const info = await provisionInfo({ ...request, clock, signal: stopAsked }).catch((cause) => {
    if (stopAsked.aborted) return undefined;
    throw cause;
  });
  if (!info || stopAsked.aborted) return 0;
  return supervise(await startAll(launches(flags, info), container), container);
}

/** All or none. */
async function startAll(plan: readonly Launch[], container: Container): Promise<WorkerProcess[]> {
  const { clock, log, memory, script, onLine } = container;
  const { oldSpaceMb, warning } = workerMemory(memory, plan.length);
  if (warning !== undefined) log({ severity: 'WARNING', message: warning });
  const command = nodeCommand(script, [`--max-old-space-size=${oldSpaceMb}`]);
  const workers: WorkerProcess[] = [];
  try {
    for (const { id, args } of plan) {
      workers.push(startWorkerProcess({ id, command, args, clock, onLine: (line) => onLine(id, line) }));
      const { pid } = workers.at(-1)!;
      log({
        severity: 'INFO',
        message: `Worker started, process ${pid}, heap up to ${oldSpaceMb} MiB.`,
        worker: id,
      });
    }
    return workers;
  } catch (cause) {
    await endAll(workers);
    throw cause;
  }
}

async function supervise(workers: readonly WorkerProcess[], { log, stopAsked }: Container): Promise<number> {
  let code = 0;
  const stop = () => void endAll(workers);
  stopAsked.addEventListener('abort', stop, { once: true });
  await Promise.all(
    workers.map(async (worker) => {
      const exit = await worker.exited;
      const isFailure = !exit.isAsked && codeOf(exit) !== 0;
      log({ severity: isFailure ? 'ERROR' : 'INFO', message: told(exit), worker: worker.id });
      if (!isFailure) return;
      code ||= codeOf(exit);
      stop();
    }),
  );
  stopAsked.removeEventListener('abort', stop);
  return code;
}

function endAll(workers: readonly WorkerProcess[]): Promise<unknown> {
  return Promise.all(workers.map((worker) => worker.stop(GRACE_MS)));
}

/** As a shell tells it: 128 + number of the signal. */
function codeOf({ code, signal }: WorkerExit): number {
  return signal === null ? (code ?? 1) : 128 + constants.signals[signal];
}

function told(exit: WorkerExit): string {
  const how = exit.signal ?? `code ${exit.code}`;
  if (exit.isAsked) return `Worker ended with ${how}, as asked.`;
  if (codeOf(exit) === 0) return 'Worker is done.';
  return `Worker failed with ${how}: ending its siblings and this container. See its lines above; ${causeOf(exit)}`;
}

function causeOf({ signal }: WorkerExit): string {
  if (signal === 'SIGKILL') return 'the kernel may have killed it for want of memory.';
  if (signal === 'SIGABRT') return 'its heap may have been full.';
  return 'its own error says why.';
}
