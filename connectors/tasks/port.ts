/** TaskQueue: work to be done once, later, by whoever handles its queue. Twins: a SQLite file, Google Cloud Tasks. */

export interface NewTask {
  /** Matches /^[A-Za-z0-9-]{1,100}$/. */
  readonly queue: string;
  /** Identity: a second task of a queue with the same name is not added, for a day at least. Matches /^[A-Za-z0-9_-]{1,400}$/. */
  readonly name: string;
  /** JSON, at most 100 KB. */
  readonly body: string;
  /** Not handled before. Unit: ms since the epoch. */
  readonly notBeforeMs?: number | undefined;
}

/** One attempt at a task. */
export interface TaskAttempt {
  readonly name: string;
  readonly body: string;
  /** 1 on the first. */
  readonly attempt: number;
}

/** Fulfilled: the task is over. Rejected: it comes again, after a while that grows. It may come again after a crash, too. */
export type TaskHandler = (task: TaskAttempt) => Promise<void>;

export interface TaskQueue {
  /**
   * Durable when fulfilled. May be repeated: `known` says that the task was there.
   * @throws UpstreamError where it may have been added or not; ConfigError where a person must change something.
   */
  add(task: NewTask): Promise<'added' | 'known'>;
  close(): Promise<void>;
}
