/** A SQLite file that several processes share: opened, waited for, its failures told in the project's errors. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { ConfigError, messageOf, UpstreamError } from '../../../schemas/errors.ts';
import { systemClock } from '../../clock/system.ts';
import { isFresh, markOf, type SqliteForm } from '../../sqlite-file.ts';
import { WalSync } from '../../wal-sync.ts';

/** Primary result codes of SQLite. */
const [BUSY, LOCKED, CORRUPT, NOT_A_DATABASE] = [5, 6, 11, 26];
/** SQLite waits itself, in small steps, since nothing else happens meanwhile; between them the event loop turns. */
const STEP_MS = 20;
/**
 * The log is brought into the file so long after something was written, on the machine's clock: a commit that did it by the
 * way would be one of a burst, when a bar closes and signals wait. Unit: ms.
 */
const CHECKPOINT_MS = 10_000;
/** Where that does not keep up, a commit does it. Unit: pages of 4 kB. */
const LONGEST_LOG = 8_000;
/** Of the schema below. */
export const STATE_FORM: SqliteForm = { what: 'a state store', magic: 'csts', version: 1 };

const SCHEMA = `
  CREATE TABLE cells (
    key TEXT NOT NULL, cell TEXT NOT NULL, value TEXT NOT NULL, expires INTEGER,
    PRIMARY KEY (key, cell)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX expiring ON cells (expires) WHERE expires IS NOT NULL;
  ${markOf(STATE_FORM)}
`;

export async function openDatabase(
  path: string,
  patienceMs: number,
  survives: 'machine' | 'process' = 'machine',
): Promise<Database> {
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    const sync = survives === 'machine' ? new WalSync(path) : null;
    const database = new Database(path, new DatabaseSync(path, { timeout: STEP_MS }), patienceMs, sync);
    try {
      await database.prepare();
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  } catch (error) {
    throw stateError(error, path);
  }
}

export class Database {
  readonly #path: string;
  readonly #inner: DatabaseSync;
  readonly #attempts: number;
  readonly #sync: WalSync | null;
  readonly #closing = new AbortController();
  #checkpointing: Promise<void> | null = null;
  readonly #statements = new Map<string, StatementSync>();

  /** `sync`: null where a commit need not outlast the machine. */
  constructor(path: string, inner: DatabaseSync, patienceMs: number, sync: WalSync | null) {
    this.#path = path;
    this.#inner = inner;
    this.#sync = sync;
    this.#attempts = Math.max(1, Math.ceil(patienceMs / STEP_MS));
  }

  async prepare(): Promise<void> {
    await this.patiently(() => this.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL'));
    this.exec(`PRAGMA wal_autocheckpoint = ${LONGEST_LOG}`);
    await this.patiently(() => this.transaction(() => this.#createSchema()));
  }

  /** Runs until no other process is in the way, or patience is at its end. @throws UpstreamError | ConfigError */
  async patiently<T>(run: () => T): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return run();
      } catch (error) {
        if (!isBusy(error) || attempt >= this.#attempts) throw stateError(error, this.#path);
        await setImmediate();
      }
    }
  }

  /** All of it or nothing. */
  transaction<T>(run: () => T): T {
    this.exec('BEGIN IMMEDIATE');
    try {
      const result = run();
      this.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk may have rolled back already.
      if (this.#inner.isTransaction) this.exec('ROLLBACK');
      throw error;
    }
  }

  /** Resolves when all that was committed is durable. @throws UpstreamError where it may not be. */
  async flush(): Promise<void> {
    this.#checkpointing ??= this.#checkpoint();
    try {
      await this.#sync?.flush();
    } catch (error) {
      throw stateError(error, this.#path);
    }
  }

  exec(sql: string): void {
    this.#inner.exec(sql);
  }

  /** Rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  all(sql: string, ...values: SQLInputValue[]): Record<string, string>[] {
    return this.#statement(sql).all(...values) as Record<string, string>[];
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#checkpointing;
    await this.#sync?.close();
    this.#statements.clear();
    if (this.#inner.isOpen) this.#inner.close();
  }

  /** Waits for nobody; what it cannot do now the next one does, or the last process to close the file. */
  async #checkpoint(): Promise<void> {
    await systemClock.until(systemClock.now() + CHECKPOINT_MS, this.#closing.signal);
    this.#checkpointing = null;
    try {
      if (!this.#closing.signal.aborted) this.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch {
      // A disk that fails is told of by the next write.
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#inner.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #createSchema(): void {
    if (isFresh(this.#inner, this.#path, STATE_FORM)) this.exec(SCHEMA);
  }
}

function codeOf(thrown: unknown): number {
  const code = (thrown as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : 0;
}

function isBusy(thrown: unknown): boolean {
  return codeOf(thrown) === BUSY || codeOf(thrown) === LOCKED;
}

function stateError(cause: unknown, path: string): ConfigError | UpstreamError {
  if (cause instanceof ConfigError || cause instanceof UpstreamError) return cause;
  const text = `Expected to use the state store ${path}, got: ${messageOf(cause)}.`;
  if (codeOf(cause) === NOT_A_DATABASE || codeOf(cause) === CORRUPT) {
    return new ConfigError(`${text} Move the file away, with its -wal and -shm, or bring back a copy.`, {
      cause,
    });
  }
  if (isBusy(cause)) {
    return new UpstreamError(`${text} Another process holds it: see which one, and end it.`, { cause });
  }
  return new UpstreamError(`${text} Check the disk and the rights of its folder.`, { cause });
}
