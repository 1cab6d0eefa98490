/** A SQLite file of one process: its form checked, its failures told in the project's errors. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type Session, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { ConfigError, messageOf, UpstreamError } from '../schemas/errors.ts';
import { WalSync } from './wal-sync.ts';

/** What a file holds, and of which version. */
export interface SqliteForm {
  /** For messages: `the outbox of alerts`. */
  readonly what: string;
  /** Four letters that tell it from other files, and the version of the schema. */
  readonly magic: string;
  readonly version: number;
}

export interface SqliteFileOptions extends SqliteForm {
  /** `:memory:` for none. */
  readonly path: string;
  /** Run once, on an empty file. */
  readonly schema: string;
  /**
   * What a commit outlasts: the machine's death, with the event loop standing still for a sync each time (default), or this
   * process's, and the machine's once `flush` is fulfilled.
   */
  readonly commits?: 'synced' | 'flushed';
}

export type SqlValue = SQLInputValue;
type SqlRow = Readonly<Record<string, unknown>>;

/** Primary result codes of SQLite. */
const [OUR_MISTAKE, BUSY, CORRUPT, NOT_A_DATABASE] = [1, 5, 11, 26];

/** Holds the file for itself until it is closed. Every call throws UpstreamError on a disk that fails. */
export class SqliteFile {
  readonly #options: SqliteFileOptions;
  readonly #database: DatabaseSync;
  readonly #sync: WalSync | null;
  readonly #statements = new Map<string, StatementSync>();
  #session: Session | undefined;

  /** @throws UpstreamError where another process holds it; ConfigError where it is something else. */
  constructor(options: SqliteFileOptions) {
    this.#options = options;
    const { path } = options;
    this.#sync = options.commits === 'flushed' ? new WalSync(path) : null;
    try {
      if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
      // Others are refused at once: whoever holds it does so for long.
      this.#database = new DatabaseSync(path, { timeout: 0 });
    } catch (error) {
      throw this.#explain(error);
    }
    try {
      this.#prepare();
    } catch (error) {
      this.#database.close();
      throw this.#explain(error);
    }
  }

  /** Resolves when all that was committed is durable. @throws UpstreamError where it may not be. */
  async flush(): Promise<void> {
    try {
      await this.#sync?.flush();
    } catch (error) {
      throw this.#unsure(error);
    }
  }

  /** All of it or nothing. Calls within a transaction join it. */
  transaction<T>(run: () => T): T {
    if (this.#database.isTransaction) return run();
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      const result = run();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk may have rolled back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw this.#explain(error);
    }
  }

  /** Rows changed. */
  run(sql: string, ...values: SqlValue[]): number {
    return this.#try(() => Number(this.#statement(sql).run(...values).changes));
  }

  all<T extends object = SqlRow>(sql: string, ...values: SqlValue[]): T[] {
    return this.#try(() => this.#statement(sql).all(...values) as T[]);
  }

  get<T extends object = SqlRow>(sql: string, ...values: SqlValue[]): T | undefined {
    return this.#try(() => this.#statement(sql).get(...values) as T | undefined);
  }

  /** From now on changes of tables with a primary key are remembered for `takeChanges`. */
  recordChanges(): void {
    this.#session = this.#try(() => this.#database.createSession());
  }

  /** What changed since it was asked for last, to be applied in the same order elsewhere; null: nothing. */
  takeChanges(): Uint8Array | null {
    const changes = this.#try(() => this.#session?.changeset());
    if (changes === undefined || changes.length === 0) return null;
    this.#session?.close();
    this.recordChanges();
    return changes;
  }

  /** False: they do not fit what is here, and nothing was changed. */
  applyChanges(changes: Uint8Array): boolean {
    return this.#try(() => this.#database.applyChangeset(changes));
  }

  close(): void {
    void this.#sync?.close();
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #prepare(): void {
    const { path, schema } = this.#options;
    const synchronous = this.#sync === null ? 'FULL' : 'NORMAL';
    // Exclusive before the first read, so that the lock is taken by it and kept.
    this.#database.exec(
      `PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`,
    );
    this.transaction(() => {
      if (isFresh(this.#database, path, this.#options)) {
        this.#database.exec(`${schema}; ${markOf(this.#options)}`);
      }
    });
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #try<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #unsure(cause: unknown): UpstreamError {
    const { what, path } = this.#options;
    return new UpstreamError(
      `Expected to sync ${what} in ${path}, got: ${messageOf(cause)}. Check the disk, then start again.`,
      { cause },
    );
  }

  /** What is no failure of SQLite stays what it is. */
  #explain(cause: unknown): unknown {
    const code = (cause as { errcode?: unknown } | null)?.errcode;
    if (typeof code !== 'number' || code === OUR_MISTAKE) return cause;
    const { what, path } = this.#options;
    const text = `Expected to use ${what} in ${path}, got: ${messageOf(cause)}.`;
    const advice: Record<number, string> = {
      [BUSY]: 'Another process holds it: end that one, or name another file.',
      [CORRUPT]: 'Move the file away, with its -wal, or bring back a copy.',
      [NOT_A_DATABASE]: 'Move the file away, or name another one.',
    };
    const primary = code & 0xff;
    if (primary === CORRUPT || primary === NOT_A_DATABASE) {
      return new ConfigError(`${text} ${advice[primary]}`, { cause });
    }
    return new UpstreamError(`${text} ${advice[primary] ?? 'Check the disk and the rights of its folder.'}`, {
      cause,
    });
  }
}

/** A file that nobody has open, to be looked at: of one that was closed, nothing is made beside it. */
export function openToRead(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  // Else SQLite makes a log, and leaves it there. Where a killed process left one, it belongs to the file.
  if (!existsSync(`${path}-wal`)) url.search = '?immutable=1';
  return new DatabaseSync(url, { readOnly: true });
}

/** Whether nothing is in it yet. @throws ConfigError where what is there is something else, or of another version. */
export function isFresh(database: DatabaseSync, path: string, { what, magic, version }: SqliteForm): boolean {
  const [id, of, tables] = ['application_id', 'user_version', 'schema_version'].map((pragma) =>
    Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]),
  );
  if (tables === 0) return true;
  if (id === idOf(magic) && of === version) return false;
  throw new ConfigError(
    `Expected ${what} of version ${version} in ${path}, got another database. Move it away, or name another file.`,
  );
}

/** What a file of the form is marked by: pragmas for one that is fresh. */
export function markOf({ magic, version }: SqliteForm): string {
  return `PRAGMA application_id = ${idOf(magic)}; PRAGMA user_version = ${version};`;
}

function idOf(magic: string): number {
  return Buffer.from(magic).readInt32BE();
}
