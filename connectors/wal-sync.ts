/** Syncs SQLite's write-ahead log beside the event loop: a commit waits for no disk, whoever needs it there does. */
import { type FileHandle, open } from 'node:fs/promises';

/**
 * For a connection with `synchronous = NORMAL`, whose commits outlast the process alone. The log is appended to in the order
 * of commits, and SQLite syncs it itself before it starts it anew, so what was committed before a sync is on the disk
 * behind it.
 */
export class WalSync {
  readonly #path: string | null;
  #handle: FileHandle | null = null;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  /** Of a database; `:memory:` has nothing to sync. */
  constructor(database: string) {
    this.#path = database === ':memory:' ? null : `${database}-wal`;
  }

  /**
   * Resolves when all that was committed before the call is on the disk; those who ask meanwhile share the next sync.
   * Once it has failed it always does: what the system then takes for written may be lost.
   */
  flush(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#running = this.#next!;
      this.#next = null;
      return this.#sync();
    });
    return this.#next;
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await (this.#next ?? this.#running).catch(() => {});
    await this.#handle?.close();
    this.#handle = null;
  }

  async #sync(): Promise<void> {
    if (this.#path === null) return;
    this.#handle ??= await open(this.#path, 'r+');
    await this.#handle.datasync();
  }
}
