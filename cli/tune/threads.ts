/** Trials over all cores: one thread each, the graph run once for all trials that leave it as it is. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ConfigError, UpstreamError } from '../../schemas/errors.ts';
import type { TapeOptions } from './tape.ts';
import type { Outcome, Trial } from './trial.ts';

/** Trials that share a tape. */
export interface TrialGroup {
  /** Identity of the tape. */
  readonly key: string;
  readonly options: TapeOptions;
  readonly trials: readonly { readonly index: number; readonly trial: Trial }[];
}

interface OfGroup {
  readonly group: string;
  /** File of the tape. */
  readonly path: string;
}
export type ToWorker =
  | (OfGroup & { readonly kind: 'record'; readonly options: TapeOptions })
  | (OfGroup & { readonly kind: 'play'; readonly index: number; readonly trial: Trial });
export type FromWorker =
  | { readonly kind: 'recorded'; readonly group: string }
  | { readonly kind: 'played'; readonly index: number; readonly outcome: Outcome }
  | { readonly kind: 'failed'; readonly error: string; readonly isConfig: boolean };

export interface ThreadsOptions {
  readonly workers: number;
  /** Folder of tapes; one that is there, of a run that was killed, is not recorded again. */
  readonly dir: string;
  /** Told of each outcome as it comes, in any order. */
  readonly onOutcome: (index: number, outcome: Outcome) => void;
}

/** Resolves when all are done and the tapes are removed. @throws UpstreamError where a thread fails. */
export async function runTrials(groups: readonly TrialGroup[], options: ThreadsOptions): Promise<void> {
  if (groups.length === 0) return;
  mkdirSync(options.dir, { recursive: true });
  const queue = new Queue(groups, options.dir);
  const count = Math.min(
    options.workers,
    groups.reduce((sum, { trials }) => sum + trials.length, 0),
  );
  const threads = Array.from({ length: count }, () => new Worker(new URL('./worker.ts', import.meta.url)));
  try {
    await new Promise<void>((resolve, reject) => {
      const idle = new Set<Thread>();
      const next = () => {
        for (const thread of idle) if (thread.give(queue)) idle.delete(thread);
        if (queue.isDone && idle.size === threads.length) resolve();
      };
      for (const worker of threads) {
        const thread = new Thread(worker);
        idle.add(thread);
        worker.on('error', reject);
        worker.on('message', (answer: FromWorker) => {
          if (answer.kind === 'failed') return reject(failureOf(answer));
          if (answer.kind === 'recorded') queue.recorded(answer.group);
          else options.onOutcome(answer.index, answer.outcome);
          idle.add(thread);
          next();
        });
      }
      next();
    });
    rmSync(options.dir, { recursive: true, force: true });
  } finally {
    await Promise.all(threads.map((worker) => worker.terminate()));
  }
}

function failureOf({ error, isConfig }: FromWorker & { kind: 'failed' }): Error {
  return isConfig ? new ConfigError(error) : new UpstreamError(`A trial failed: ${error}`);
}

class Thread {
  readonly #worker: Worker;
  /** The group whose tape it has. */
  #group: string | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** False: there is nothing to do for it now. */
  give(queue: Queue): boolean {
    const task = queue.take(this.#group);
    if (task === undefined) return false;
    this.#group = task.group;
    this.#worker.postMessage(task);
    return true;
  }
}

interface Waiting {
  readonly group: TrialGroup;
  readonly path: string;
  state: 'new' | 'recording' | 'ready';
  next: number;
}

class Queue {
  readonly #groups: readonly Waiting[];

  constructor(groups: readonly TrialGroup[], dir: string) {
    this.#groups = groups.map((group) => {
      const path = join(dir, `${group.key}.zst`);
      return { group, path, state: existsSync(path) ? 'ready' : 'new', next: 0 };
    });
  }

  get isDone(): boolean {
    return this.#groups.every(isOver);
  }

  recorded(key: string): void {
    for (const waiting of this.#groups) if (waiting.group.key === key) waiting.state = 'ready';
  }

  /** Of the tape it has, else a tape to record, else of one that another has recorded. */
  take(has: string | undefined): ToWorker | undefined {
    const ready = this.#groups.filter((waiting) => waiting.state === 'ready' && !isOver(waiting));
    const own = ready.find(({ group }) => group.key === has);
    if (own) return playing(own);
    const unrecorded = this.#groups.find(({ state }) => state === 'new');
    if (unrecorded) {
      unrecorded.state = 'recording';
      const { group, path } = unrecorded;
      return { kind: 'record', group: group.key, path, options: group.options };
    }
    return ready[0] && playing(ready[0]);
  }
}

function isOver({ group, next }: Waiting): boolean {
  return next >= group.trials.length;
}

function playing(waiting: Waiting): ToWorker {
  const { group, path } = waiting;
  const { index, trial } = group.trials[waiting.next++]!;
  return { kind: 'play', group: group.key, path, index, trial };
}
