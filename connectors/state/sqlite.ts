/** The embedded StateStore: one SQLite file, of any number of processes on one machine. */
import type { Clock } from '../clock/port.ts';
import { checkCondition, checkKey, checkWrites, closedError, rangeOf } from './limits.ts';
import type { Cells, CellWrites, Condition, Page, Row, ScanQuery, StateStore, WriteOptions } from './port.ts';
import { type Database, openDatabase } from './sqlite/database.ts';
import { GroupCommit } from './sqlite/group-commit.ts';

export interface SqliteStoreOptions {
  /** File, made where missing; `:memory:` for none. */
  readonly path: string;
  /** Says what has expired. */
  readonly clock: Clock;
  /** How long a call waits for other processes that hold the file. Unit: ms; default 10,000. */
  readonly patienceMs?: number;
  /** Death of what a fulfilled write outlasts: the machine's (a sync to disk each time; default), or this process's alone. */
  readonly survives?: 'machine' | 'process';
}

/** Rows that a sweep removes at most, so that no write waits long for it. */
const SWEPT_AT_ONCE = 500;
/** Unit: ms of the clock. */
const SWEEP_EVERY_MS = 10_000;

const NOT_EXPIRED = '(expires IS NULL OR expires > ?)';
const SQL = {
  get: `SELECT cell, value FROM cells WHERE key = ? AND ${NOT_EXPIRED}`,
  getCell: `SELECT value FROM cells WHERE key = ? AND cell = ? AND ${NOT_EXPIRED}`,
  set: `INSERT INTO cells (key, cell, value, expires) VALUES (?, ?, ?, ?)
        ON CONFLICT (key, cell) DO UPDATE SET value = excluded.value, expires = excluded.expires`,
  unset: 'DELETE FROM cells WHERE key = ? AND cell = ?',
  delete: 'DELETE FROM cells WHERE key = ?',
  scan: `SELECT key, cell, value FROM cells WHERE ${NOT_EXPIRED} AND key IN (
           SELECT DISTINCT key FROM cells WHERE key >= ? AND key < ? AND ${NOT_EXPIRED} ORDER BY key LIMIT ?
         ) ORDER BY key, cell`,
  sweep: `DELETE FROM cells WHERE (key, cell) IN (SELECT key, cell FROM cells WHERE expires <= ? LIMIT ${SWEPT_AT_ONCE})`,
};

/**
 * Opens the store. Writes are synced to disk before their promise is fulfilled, those of one turn of the event loop
 * together. Reads never wait for writers (WAL); they may see a write that is not on the disk yet: what is written behind
 * it gets there no sooner.
 * @throws ConfigError where the file is no state store, UpstreamError where it cannot be opened.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<StateStore> {
  const { path, patienceMs = 10_000, survives = 'machine', clock } = options;
  return new SqliteStore(await openDatabase(path, patienceMs, survives), clock);
}

class SqliteStore implements StateStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #commits: GroupCommit;
  #nextSweepMs = Number.NEGATIVE_INFINITY;
  #closing: Promise<void> | undefined;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#commits = new GroupCommit(database, () => this.#sweep());
  }

  async get(key: string): Promise<Cells | null> {
    checkKey(key);
    const found = await this.#read(SQL.get, key, this.#clock.now());
    if (found.length === 0) return null;
    return Object.fromEntries(found.map(({ cell, value }) => [cell, value]));
  }

  async put(key: string, cells: CellWrites, options: WriteOptions = {}): Promise<void> {
    checkWrites(key, cells);
    await this.#commits.add(() => this.#write(key, cells, options));
  }

  async compareAndSet(
    key: string,
    condition: Condition,
    cells: CellWrites,
    options: WriteOptions = {},
  ): Promise<boolean> {
    checkWrites(key, cells);
    checkCondition(condition);
    return this.#commits.add(() => {
      if (!this.#holds(key, condition)) return false;
      this.#write(key, cells, options);
      return true;
    });
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    await this.#commits.add(() => void this.#database.run(SQL.delete, key));
  }

  async scan(query: ScanQuery): Promise<Page> {
    const { from, before, limit } = rangeOf(query);
    const now = this.#clock.now();
    // One more than asked for tells whether there is a next page.
    const rows = rowsOf(await this.#read(SQL.scan, now, from, before, now, limit + 1));
    return { rows: rows.slice(0, limit), next: rows[limit]?.key ?? null };
  }

  close(): Promise<void> {
    this.#closing ??= this.#commits.close().finally(() => this.#database.close());
    return this.#closing;
  }

  async #read(sql: string, ...values: (string | number)[]): Promise<Record<string, string>[]> {
    if (this.#closing) throw closedError();
    return this.#database.patiently(() => this.#database.all(sql, ...values));
  }

  #holds(key: string, condition: Condition): boolean {
    const [found] = this.#database.all(SQL.getCell, key, condition.cell, this.#clock.now());
    if ('is' in condition) return found?.value === condition.is;
    if ('absent' in condition) return found === undefined;
    return found === undefined || Buffer.compare(utf8(found.value!), utf8(condition.absentOrBelow)) < 0;
  }

  #write(key: string, cells: CellWrites, { expiresAt }: WriteOptions): void {
    for (const [cell, value] of Object.entries(cells)) {
      if (value === null) this.#database.run(SQL.unset, key, cell);
      else this.#database.run(SQL.set, key, cell, value, expiresAt ?? null);
    }
  }

  /** Within a transaction that some write has opened: a store that nobody writes to does not grow. */
  #sweep(): void {
    const now = this.#clock.now();
    if (now < this.#nextSweepMs) return;
    const swept = this.#database.run(SQL.sweep, now);
    if (swept < SWEPT_AT_ONCE) this.#nextSweepMs = now + SWEEP_EVERY_MS;
  }
}

function rowsOf(found: readonly Record<string, string>[]): Row[] {
  const rows = new Map<string, Record<string, string>>();
  for (const { key, cell, value } of found) {
    const cells = rows.get(key!) ?? {};
    cells[cell!] = value!;
    rows.set(key!, cells);
  }
  return [...rows].map(([key, cells]) => ({ key, cells }));
}

const utf8 = (text: string) => Buffer.from(text, 'utf8');
