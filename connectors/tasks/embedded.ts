/** TaskQueue in a SQLite file, and the worker that handles its tasks in the same process. */
import { messageOf } from '../../schemas/errors.ts';
import { type Backoff, backoffMs } from '../backoff.ts';
import type { Clock } from '../clock/port.ts';
import { SqliteFile, type SqliteForm } from '../sqlite-file.ts';
import { assertTask } from './names.ts';
import type { NewTask, TaskHandler, TaskQueue } from './port.ts';

export interface EmbeddedTasksOptions {
  /** `:memory:` for none. */
  readonly path: string;
  readonly clock: Clock;
  /** Default: 1 s, doubling up to 5 min. */
  readonly backoff?: Backoff | undefined;
  /** After so many the task is given up. Default 20: an hour of trying. */
  readonly maxAttempts?: number | undefined;
  /** Told of each attempt that failed, also where the file itself did. */
  readonly onFailure?: ((failure: TaskFailure) => void) | undefined;
}

export interface TaskFailure {
  readonly queue: string;
  /** `*` where no task can be read or settled. */
  readonly name: string;
  readonly attempt: number;
  readonly isGivenUp: boolean;
  readonly reason: string;
}

interface Due {
  readonly id: number;
  readonly name: string;
  readonly body: string;
  readonly attempts: number;
}

const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 300_000 };
/** How long the name of a task that is over is remembered. Unit: ms. */
const REMEMBERED_MS = 86_400_000;

export const TASKS_FORM: SqliteForm = { what: 'the queue of tasks', magic: 'cstt', version: 1 };

const SCHEMA = `
  CREATE TABLE tasks (
    id INTEGER PRIMARY KEY, queue TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'over', 'given-up')),
    due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, reason TEXT,
    UNIQUE (queue, name)
  ) STRICT;
  CREATE INDEX by_due ON tasks (queue, state, due, id);
`;

/** @throws UpstreamError, ConfigError where the file cannot be used. */
export function openEmbeddedTasks(options: EmbeddedTasksOptions): EmbeddedTasks {
  return new EmbeddedTasks(options);
}

export class EmbeddedTasks implements TaskQueue {
  readonly #file: SqliteFile;
  readonly #options: EmbeddedTasksOptions;
  readonly #closing = new AbortController();
  readonly #workers: Promise<void>[] = [];
  /** Wakes the workers of a queue. */
  readonly #wakers = new Map<string, Set<() => void>>();

  constructor(options: EmbeddedTasksOptions) {
    this.#options = options;
    const { path } = options;
    this.#file = new SqliteFile({ path, ...TASKS_FORM, schema: SCHEMA, commits: 'flushed' });
  }

  async add(task: NewTask): Promise<'added' | 'known'> {
    assertTask(task);
    const { queue, name, body, notBeforeMs = 0 } = task;
    const now = this.#options.clock.now();
    const sql = `INSERT INTO tasks (queue, name, body, state, due) VALUES (?, ?, ?, 'waiting', ?)
      ON CONFLICT DO NOTHING`;
    const added = this.#file.transaction(() => {
      this.#file.run(`DELETE FROM tasks WHERE state <> 'waiting' AND due < ?`, now - REMEMBERED_MS);
      return this.#file.run(sql, queue, name, body, Math.max(now, notBeforeMs));
    });
    for (const wake of this.#wakers.get(queue) ?? []) wake();
    await this.#file.flush();
    return added === 1 ? 'added' : 'known';
  }

  /** Handles the tasks of a queue, the longest due first, one after the other, until `close`. */
  work(queue: string, handler: TaskHandler): void {
    this.#workers.push(this.#work(queue, handler));
  }

  /** Tasks not yet over; `givenUp` those that failed too often. */
  count(queue: string): { waiting: number; givenUp: number } {
    const sql = 'SELECT state, count(*) AS n FROM tasks WHERE queue = ? GROUP BY state';
    const rows = this.#file.all<{ state: string; n: number }>(sql, queue);
    const of = (state: string) => rows.find((row) => row.state === state)?.n ?? 0;
    return { waiting: of('waiting'), givenUp: of('given-up') };
  }

  /** Waits for the attempts under way. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#workers);
    this.#file.close();
  }

  /** A full disk ends no worker: what could not be settled is handled again. */
  async #work(queue: string, handler: TaskHandler): Promise<void> {
    const { clock, onFailure } = this.#options;
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#step(queue, handler);
        failures = 0;
      } catch (error) {
        failures += 1;
        onFailure?.({ queue, name: '*', attempt: failures, isGivenUp: false, reason: messageOf(error) });
        await clock.until(clock.now() + backoffMs(failures, BACKOFF, 1), signal);
      }
    }
  }

  async #step(queue: string, handler: TaskHandler): Promise<void> {
    const next = this.#next(queue);
    const now = this.#options.clock.now();
    if (next !== undefined && next.due <= now) await this.#attempt(queue, next, handler);
    else await this.#waitFor(queue, next?.due ?? Number.POSITIVE_INFINITY);
  }

  #next(queue: string): (Due & { due: number }) | undefined {
    const sql = `SELECT id, name, body, attempts, due FROM tasks
      WHERE queue = ? AND state = 'waiting' ORDER BY due, id LIMIT 1`;
    return this.#file.get(sql, queue);
  }

  async #waitFor(queue: string, ms: number): Promise<void> {
    const woken = new AbortController();
    const wake = () => woken.abort();
    const wakers = this.#wakers.get(queue) ?? new Set();
    this.#wakers.set(queue, wakers.add(wake));
    await this.#options.clock.until(ms, AbortSignal.any([woken.signal, this.#closing.signal]));
    wakers.delete(wake);
  }

  async #attempt(queue: string, { id, name, body, attempts }: Due, handler: TaskHandler): Promise<void> {
    const attempt = attempts + 1;
    try {
      await handler({ name, body, attempt });
    } catch (error) {
      this.#fail(queue, { id, name, body, attempts: attempt }, messageOf(error));
      return;
    }
    const sql = `UPDATE tasks SET state = 'over', body = '', due = ?, attempts = ? WHERE id = ?`;
    this.#file.run(sql, this.#options.clock.now(), attempt, id);
  }

  #fail(queue: string, { id, name, attempts }: Due, reason: string): void {
    const { clock, backoff = BACKOFF, maxAttempts = 20, onFailure } = this.#options;
    const isGivenUp = attempts >= maxAttempts;
    const due = clock.now() + (isGivenUp ? 0 : backoffMs(attempts, backoff, 1));
    const state = isGivenUp ? 'given-up' : 'waiting';
    const sql = 'UPDATE tasks SET state = ?, due = ?, attempts = ?, reason = ? WHERE id = ?';
    this.#file.run(sql, state, due, attempts, reason, id);
    onFailure?.({ queue, name, attempt: attempts, isGivenUp, reason });
  }
}
