/**
 * The outbox in the state store, for processes whose disk does not outlive them: a database in memory, and in the store a
 * log of all its changes. Nothing has an effect outside before its change is there.
 *
 * 1. A change is a row of its own, by number, written where none is: of two processes one wins, and the other is deposed:
 *    from then on it keeps and sends nothing.
 * 2. Who opens it reads the whole and the changes behind it, and writes an empty change: that deposes whoever had it.
 * 3. Now and then the whole is written anew, then the changes in it are deleted. A number below the whole's may thus be
 *    free again, so that a change counts only when the whole, read after it, is still older.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { SqliteFile, SqlValue } from '../../connectors/sqlite-file.ts';
import { OwnedRows } from '../../connectors/state/owned.ts';
import type { StateStore } from '../../connectors/state/port.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { ownedKey } from '../../schemas/state-keys.ts';
import { KEPT_TABLES, openOutboxFile } from './outbox-file.ts';
import type { KeptOutbox } from './store.ts';

const Whole = z.object({ number: z.number().int().nonnegative(), tables: z.string() });
const Change = z.object({
  number: z.number().int().positive(),
  writer: z.number().int(),
  changes: z.string(),
});
type Change = z.output<typeof Change>;
const Tables = z.record(
  z.string(),
  z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
);

/** What is to be appended, and where a whole is due the tables as they are with it: later on they hold more. */
interface Pending {
  readonly changes: string;
  readonly tables: string | null;
}

const WHOLE = 'whole';
const DIGITS = 12;
/** Changes between two wholes: so many are read at a start, at most twice as many rows are there. */
const WHOLE_EVERY = 500;
const MAX_TRIES = 20;

const named = (number: number) => String(number).padStart(DIGITS, '0');

/** @throws UpstreamError where the store is away, or others open the outbox all the time. */
export async function openKeptOutbox(store: StateStore, wholeEvery = WHOLE_EVERY): Promise<OutboxInStore> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const outbox = await OutboxInStore.tryOpen(store, wholeEvery);
    if (outbox !== null) return outbox;
  }
  throw new UpstreamError(`Expected to open the outbox of alerts, got others before it ${MAX_TRIES} times.`);
}

export class OutboxInStore implements KeptOutbox {
  readonly file: SqliteFile = openOutboxFile(':memory:');
  readonly #store: StateStore;
  readonly #wholes: OwnedRows<typeof Whole>;
  readonly #changes: OwnedRows<typeof Change>;
  readonly #wholeEvery: number;
  /** Number of the change that it began with. */
  #writer = 0;
  #last = 0;
  #wholeAt = 0;
  #pending: Pending | null = null;
  #turn: Promise<void> = Promise.resolve();
  #isDeposed = false;

  private constructor(store: StateStore, wholeEvery: number) {
    this.#store = store;
    this.#wholeEvery = wholeEvery;
    this.#wholes = new OwnedRows(store, 'alert-outbox', Whole);
    this.#changes = new OwnedRows(store, 'alert-outbox-change', Change);
  }

  /** Null: another process came between. */
  static async tryOpen(store: StateStore, wholeEvery: number): Promise<OutboxInStore | null> {
    const outbox = new OutboxInStore(store, wholeEvery);
    const isOpen = (await outbox.#load()) && (await outbox.#claim());
    if (!isOpen) outbox.file.close();
    return isOpen ? outbox : null;
  }

  /** Another process has it now. */
  get isDeposed(): boolean {
    return this.#isDeposed;
  }

  flush(): Promise<void> {
    const turn = this.#turn.catch(() => {}).then(() => this.#flush());
    this.#turn = turn;
    // Whoever asked is told; nobody else must be.
    turn.catch(() => {});
    return turn;
  }

  async #load(): Promise<boolean> {
    const whole = (await this.#wholes.read(WHOLE))?.value;
    this.#last = this.#wholeAt = whole?.number ?? 0;
    const all = (await this.#changes.list()).map(({ value }) => value);
    if (whole) fill(this.file, whole.tables);
    for (const { number, changes } of all.filter((change) => change.number > this.#wholeAt)) {
      const isNext = number === this.#last + 1;
      if (!isNext || !this.file.applyChanges(Buffer.from(changes, 'base64'))) return false;
      this.#last = number;
    }
    this.file.recordChanges();
    return true;
  }

  async #claim(): Promise<boolean> {
    this.#writer = this.#last + 1;
    return this.#append('');
  }

  async #flush(): Promise<void> {
    while (!this.#isDeposed) {
      this.#pending ??= this.#take();
      if (this.#pending === null) return;
      const { changes, tables } = this.#pending;
      this.#isDeposed = !(await this.#append(changes));
      if (this.#isDeposed) break;
      this.#pending = null;
      if (tables !== null) await this.#writeWhole(tables);
    }
    throw new UpstreamError('Expected to hold the outbox of alerts, got another process that has it now.');
  }

  #take(): Pending | null {
    const changes = this.file.takeChanges();
    if (changes === null) return null;
    const isWholeDue = this.#last + 1 - this.#wholeAt >= this.#wholeEvery;
    return {
      changes: Buffer.from(changes).toString('base64'),
      tables: isWholeDue ? tablesOf(this.file) : null,
    };
  }

  /** False: deposed. Where it throws, the same is to be appended again. */
  async #append(changes: string): Promise<boolean> {
    const change: Change = { number: this.#last + 1, writer: this.#writer, changes };
    const key = named(change.number);
    if (!(await this.#changes.replace([key], 0, change))) {
      // It may be ours, of an attempt without an answer.
      const there = (await this.#changes.read(key))?.value;
      if (there?.writer !== this.#writer || there.changes !== changes || changes === '') return false;
    }
    const whole = (await this.#wholes.read(WHOLE))?.value.number ?? 0;
    if (whole >= change.number) return false;
    this.#last = change.number;
    return true;
  }

  async #writeWhole(tables: string): Promise<void> {
    const found = await this.#wholes.read(WHOLE);
    const whole = { number: this.#last, tables };
    if (!(await this.#wholes.replace([WHOLE], found?.version ?? 0, whole))) return;
    const first = this.#wholeAt + 1;
    this.#wholeAt = this.#last;
    for (let number = first; number <= this.#last; number++) {
      await this.#store.delete(ownedKey('alert-outbox-change', [named(number)]));
    }
  }
}

function tablesOf(file: SqliteFile): string {
  const tables = Object.fromEntries(KEPT_TABLES.map((table) => [table, file.all(`SELECT * FROM ${table}`)]));
  return gzipSync(JSON.stringify(tables)).toString('base64');
}

function fill(file: SqliteFile, text: string): void {
  const tables = Tables.parse(JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString()));
  file.transaction(() => {
    for (const table of KEPT_TABLES) for (const row of tables[table] ?? []) insert(file, table, row);
  });
}

function insert(file: SqliteFile, table: string, row: Readonly<Record<string, SqlValue>>): void {
  const names = Object.keys(row);
  const marks = names.map(() => '?').join(', ');
  file.run(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks})`, ...Object.values(row));
}
