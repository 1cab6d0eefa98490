/**
 * A pool of workers for a runner's EXTERNAL environment (LOOPBACK of the SDK): a BeamFnExternalWorkerPool server that
 * starts each worker as a process of its own, as a container would, and never outlives one nor is outlived.
 */
import '../../../transforms/sdk.beam.ts';
import * as grpc from '@grpc/grpc-js';
import type { StartWorkerRequest } from 'apache-beam/proto/beam_fn_api';
import {
  beamFnExternalWorkerPoolDefinition,
  type IBeamFnExternalWorkerPool,
} from 'apache-beam/proto/beam_fn_api.grpc-server';
import type { Clock } from '../../../connectors/clock/port.ts';
import { systemClock } from '../../../connectors/clock/system.ts';
import { ConfigError, messageOf, UpstreamError } from '../../../schemas/errors.ts';
import type { Log } from '../process/log.ts';
import {
  nodeCommand,
  startWorkerProcess,
  WORKER_SCRIPT,
  type WorkerExit,
  type WorkerProcess,
} from '../process/worker-process.ts';
import { isSameStart, refusalOf, workerArgs } from './start-request.ts';

export interface WorkerPoolOptions {
  readonly log: Log;
  /** Program and first arguments of a worker; the flags of Beam's boot follow. Default: our worker under this Node. */
  readonly command?: readonly string[];
  /** The whole environment of workers; that of this process where missing. */
  readonly env?: NodeJS.ProcessEnv;
  readonly onExit?: (exit: WorkerExit) => void;
  /** A line a worker wrote; where missing it is logged. */
  readonly onLine?: (worker: string, line: string) => void;
  readonly clock?: Clock;
  /** 0 = any free one. */
  readonly port?: number;
  readonly bind?: string;
  /** Whoever reaches the port can make it run code: only on a network where all may. */
  readonly mayBindBeyondLoopback?: boolean;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs?: number;
}

export interface WorkerPool {
  /** `host:port`, as an EXTERNAL environment's payload names it. */
  readonly url: string;
  /** Workers alive that nobody asked to end. */
  workers(): { readonly id: string; readonly pid: number }[];
  /** Ends server and workers; resolves when all are gone. */
  close(): Promise<void>;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;
const DEFAULT_GRACE_MS = 5_000;

/** @throws ConfigError for an address beyond loopback not asked for; UpstreamError where the port is taken. */
export async function startWorkerPool(options: WorkerPoolOptions): Promise<WorkerPool> {
  const bind = options.bind ?? '127.0.0.1';
  if (!LOOPBACK.test(bind) && !options.mayBindBeyondLoopback) {
    throw new ConfigError(
      `Expected a loopback address for the worker pool, got ${bind}. Whoever reaches it can run code here; allow it by mayBindBeyondLoopback (--bind) only on a closed network.`,
    );
  }
  const workers = new PooledWorkers(options);
  const server = new grpc.Server();
  server.addService(beamFnExternalWorkerPoolDefinition, serviceOf(workers));
  const url = await listen(server, bind, options.port ?? 0);
  let closing: Promise<void> | undefined;
  return {
    url,
    workers: () => workers.current(),
    close: () => {
      server.forceShutdown();
      closing ??= workers.close();
      return closing;
    },
  };
}

function serviceOf(workers: PooledWorkers): IBeamFnExternalWorkerPool {
  return {
    startWorker: ({ request }, answer) => {
      try {
        workers.start(request);
        answer(null, { error: '' });
      } catch (thrown) {
        answer(null, { error: messageOf(thrown) });
      }
    },
    stopWorker: ({ request }, answer) => {
      workers.stop(request.workerId).then(() => answer(null, { error: '' }));
    },
  };
}

function listen(server: grpc.Server, bind: string, port: number): Promise<string> {
  const host = bind.includes(':') ? `[${bind}]` : bind;
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, grpc.ServerCredentials.createInsecure(), (cause, bound) => {
      if (!cause) return resolve(`${host}:${bound}`);
      const problem = `Expected to listen on ${host}:${port}, got ${cause.message}. Choose another port.`;
      reject(new UpstreamError(problem, { cause }));
    });
  });
}

interface Pooled {
  readonly request: StartWorkerRequest;
  readonly process: WorkerProcess;
  isStopping: boolean;
}

/** Every process not yet gone, those on their way out included; at most one of an id is in service. */
class PooledWorkers {
  readonly #options: WorkerPoolOptions;
  readonly #clock: Clock;
  readonly #command: readonly string[];
  readonly #held = new Set<Pooled>();
  #isClosed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#command = options.command ?? nodeCommand(WORKER_SCRIPT);
  }

  current(): { id: string; pid: number }[] {
    return this.#inService().map(({ process: { id, pid } }) => ({ id, pid }));
  }

  /** The same request again is answered by the worker it started; another one for its id replaces that worker. */
  start(request: StartWorkerRequest): void {
    const refusal = this.#isClosed ? 'the worker pool is closed' : refusalOf(request);
    if (refusal !== undefined) throw new ConfigError(refusal);
    const known = this.#find(request.workerId);
    if (known && isSameStart(known.request, request)) return;
    if (known) void this.#end(known);
    this.#startProcess(request);
  }

  /** Unknown ids are fine: the worker may have ended by itself. */
  async stop(id: string): Promise<void> {
    const known = this.#find(id);
    if (known) await this.#end(known);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#held].map((worker) => this.#end(worker)));
  }

  #find(id: string): Pooled | undefined {
    return this.#inService().find((worker) => worker.process.id === id);
  }

  /** A process may be dead while its last lines are still being read: asked for again, it is started anew. */
  #inService(): Pooled[] {
    return [...this.#held].filter((worker) => !worker.isStopping && worker.process.isAlive());
  }

  #end(worker: Pooled): Promise<WorkerExit> {
    worker.isStopping = true;
    return worker.process.stop(this.#options.graceMs ?? DEFAULT_GRACE_MS);
  }

  #startProcess(request: StartWorkerRequest): void {
    const { log, env, onLine } = this.#options;
    const id = request.workerId;
    const started = startWorkerProcess({
      id,
      command: this.#command,
      args: workerArgs(request),
      clock: this.#clock,
      onLine: (line) => (onLine ? onLine(id, line) : log({ severity: 'INFO', message: line, worker: id })),
      ...(env && { env }),
    });
    const worker: Pooled = { request, process: started, isStopping: false };
    this.#held.add(worker);
    log({ severity: 'INFO', message: `Worker started, process ${started.pid}.`, worker: id });
    void started.exited.then((exit) => {
      this.#held.delete(worker);
      log({ severity: exit.isAsked || exit.code === 0 ? 'INFO' : 'ERROR', message: told(exit), worker: id });
      this.#options.onExit?.(exit);
    });
  }
}

function told({ pid, code, signal, isAsked }: WorkerExit): string {
  const how = signal === null ? `code ${code}` : signal;
  return `Worker's process ${pid} ended with ${how}${isAsked ? ', as asked' : ''}.`;
}
