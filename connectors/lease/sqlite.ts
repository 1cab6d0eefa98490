/** A lease in a SQLite file, among processes of one machine, which share its clock. */
import { DatabaseSync } from 'node:sqlite';
import { messageOf, UpstreamError } from '../../schemas/errors.ts';
import type { Clock } from '../clock/port.ts';
import { type Acquisition, isSameHold, type Lease, type LeaseState, nextHolder } from './port.ts';

/** Others hold the file for some microseconds at a time. Unit: ms. */
const BUSY_MS = 500;

export interface SqliteLeaseOptions {
  /** The file, made where missing; on a local disk, since locks of network disks cannot be relied upon. */
  readonly path: string;
  readonly clock: Clock;
}

/** @throws UpstreamError where the file cannot be opened. */
export function openSqliteLease({ path, clock }: SqliteLeaseOptions): Lease {
  return new SqliteLease(path, clock);
}

class SqliteLease implements Lease {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #database: DatabaseSync;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.#database = this.#on(() => {
      const database = new DatabaseSync(path);
      database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
      // A lease outlives no crash of the machine by much: what the disk has not got yet has run out by then.
      database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = NORMAL');
      database.exec(
        `CREATE TABLE IF NOT EXISTS lease (
          id INTEGER PRIMARY KEY CHECK (id = 1), holder TEXT, epoch INTEGER, untilMs INTEGER, position TEXT
        ) STRICT`,
      );
      return database;
    });
  }

  async read(): Promise<LeaseState | null> {
    return this.#on(() => this.#read());
  }

  async tryAcquire(holder: string, ttlMs: number): Promise<Acquisition> {
    return this.#alone((state) => {
      const next = nextHolder(state, { holder, ttlMs, nowMs: this.#clock.now(), skewMs: 0 });
      if (!next) return { isAcquired: false, state: state! };
      this.#write(next);
      return { isAcquired: true, state: next };
    });
  }

  async renew(held: LeaseState, ttlMs: number, position: string): Promise<LeaseState | null> {
    return this.#alone((state) => {
      if (!isSameHold(state, held)) return null;
      const next = { ...held, untilMs: this.#clock.now() + ttlMs, position };
      this.#write(next);
      return next;
    });
  }

  async release(held: LeaseState, position: string): Promise<boolean> {
    return this.#alone((state) => {
      if (!isSameHold(state, held)) return false;
      this.#write({ ...held, untilMs: 0, position });
      return true;
    });
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  /** One process at a time reads and writes. */
  #alone<T>(decide: (state: LeaseState | null) => T): T {
    return this.#on(() => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const decided = decide(this.#read());
        this.#database.exec('COMMIT');
        return decided;
      } catch (error) {
        this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #read(): LeaseState | null {
    const row = this.#database.prepare('SELECT holder, epoch, untilMs, position FROM lease').get();
    return (row as unknown as LeaseState | undefined) ?? null;
  }

  #write({ holder, epoch, untilMs, position }: LeaseState): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?, ?)')
      .run(holder, epoch, Math.ceil(untilMs), position);
  }

  #on<T>(operation: () => T): T {
    try {
      return operation();
    } catch (cause) {
      throw new UpstreamError(
        `Expected to read and write the lease ${this.#path}, got ${messageOf(cause)}. Check the disk and its permissions.`,
        { cause },
      );
    }
  }
}
