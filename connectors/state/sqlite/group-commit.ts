/** Writes of one turn of the event loop in one transaction, and one sync to disk for all that were committed meanwhile. */
import { closedError } from '../limits.ts';
import type { Database } from './database.ts';

interface Waiting {
  readonly write: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** So that other processes wait some milliseconds at most. */
const MAX_WRITES = 1_000;

export class GroupCommit {
  readonly #database: Database;
  readonly #afterwards: () => void;
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;
  /** Of the last group that was committed; those before it are synced by then. */
  #synced: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** `afterwards` runs in each transaction, behind its writes. */
  constructor(database: Database, afterwards: () => void) {
    this.#database = database;
    this.#afterwards = afterwards;
  }

  /** Fulfilled with the result of `write` when that is durable. Writes happen in the order they were added. */
  add<T>(write: () => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(closedError());
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    await this.#synced;
  }

  async #run(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MAX_WRITES);
      try {
        const results = await this.#database.patiently(() => this.#commit(group));
        this.#synced = this.#sync(group, results);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
      await new Promise(setImmediate);
    }
    this.#running = null;
  }

  /** The event loop turns meanwhile, and further groups are committed. */
  async #sync(group: readonly Waiting[], results: readonly unknown[]): Promise<void> {
    try {
      await this.#database.flush();
      for (const [i, { resolve }] of group.entries()) resolve(results[i] as never);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  #commit(group: readonly Waiting[]): unknown[] {
    return this.#database.transaction(() => {
      const results = group.map(({ write }) => write());
      this.#afterwards();
      return results;
    });
  }
}
