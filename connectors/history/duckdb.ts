/** History in a DuckDB file. */
import { type DuckDBConnection, DuckDBInstance, type DuckDBPreparedStatement } from '@duckdb/node-api';
import type { Candle } from '../../schemas/candle.ts';
import { ConfigError, messageOf, UpstreamError, WireFormatError } from '../../schemas/errors.ts';
import { TABLE_NAMES, type TableName } from '../../schemas/tables.ts';
import { type Insertion, insertionInto } from './duckdb/insertion.ts';
import { DAMAGED, isDamaged, migrate } from './duckdb/tables.ts';
import { parameterType, plainRows, toParameter } from './duckdb/values.ts';
import type { CandleQuery, History } from './port.ts';

/**
 * Of a history that is written for weeks beside other work: memory for its blocks, four fifths of the machine by default,
 * and on disk what a query needs beyond it. What is freed goes back to the machine at once, and what was written goes
 * from memory into the file after 2 MB of log. More threads keep memory of their own.
 */
const LEAN = {
  memory_limit: '96MB',
  threads: '1',
  checkpoint_threshold: '2MB',
  allocator_flush_threshold: '1MB',
  allocator_bulk_deallocation_flush_threshold: '1MB',
};
/** Rows that go into one statement. */
const ROWS_PER_STATEMENT = 10_000;

/** Columns of a candle as the program has them: its open time a number. */
const CANDLES = `
  SELECT * REPLACE (epoch_ms("openTime") AS "openTime") FROM candles
  WHERE venue = $venue AND "interval" = $interval AND symbol IN (SELECT unnest($symbols))
    AND "openTime" >= make_timestamp_ms($fromMs) AND "openTime" < make_timestamp_ms($toMs)
  QUALIFY row_number() OVER (PARTITION BY symbol, "openTime" ORDER BY revision DESC) = 1
  ORDER BY symbol, "openTime"`;

export interface DuckDbHistoryOptions {
  readonly path: string;
  /** Takes little memory and one thread, for a process that runs for weeks; else as much as helps. */
  readonly isLean?: boolean;
}

/**
 * Opens a file (created where missing) or `:memory:`, and brings its tables up to the schemas.
 *
 * `query` gives and takes what JSON can hold: times as ISO strings with ms, JSON columns as values, integers beyond
 * 2^53 as strings. The two may run side by side with `insert`.
 *
 * @throws ConfigError where the file is no DuckDB file or a column has another type; UpstreamError where another
 *   process has it open.
 */
export async function openDuckDbHistory({ path, isLean = false }: DuckDbHistoryOptions): Promise<History> {
  const instance = await orExplain(`open ${path}`, () => DuckDBInstance.create(path, isLean ? LEAN : {}));
  try {
    const writer = await instance.connect();
    await migrate(writer, path);
    return new DuckDbHistory(instance, writer);
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

interface Inserter {
  readonly insertion: Insertion;
  readonly statement: DuckDBPreparedStatement;
}

class DuckDbHistory implements History {
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #inserters = new Map<TableName, Inserter>();
  /** The insert under way; a connection does one thing at a time. */
  #writing: Promise<unknown> = Promise.resolve();
  readonly #reading = new Set<Promise<unknown>>();
  #closed: Promise<void> | null = null;

  constructor(instance: DuckDBInstance, writer: DuckDBConnection) {
    this.#instance = instance;
    this.#writer = writer;
  }

  insert(table: TableName, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    const done = this.#writing.then(() => this.#insert(table, rows));
    this.#writing = done.catch(() => {});
    return done;
  }

  async candles(query: CandleQuery): Promise<Candle[]> {
    return (await this.query(CANDLES, { ...query })) as unknown as Candle[];
  }

  query(sql: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<Record<string, unknown>[]> {
    const result = this.#query(sql, parameters).finally(() => this.#reading.delete(result));
    this.#reading.add(result);
    return result;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #insert(table: TableName, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    const { insertion, statement } = await this.#inserter(table);
    for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
      statement.bind(insertion.parameters(rows.slice(at, at + ROWS_PER_STATEMENT)));
      await orExplain(`insert into ${table}`, () => statement.run(), WireFormatError);
    }
  }

  async #inserter(table: TableName): Promise<Inserter> {
    if (!TABLE_NAMES.includes(table)) {
      throw new ConfigError(`Expected one of the tables ${TABLE_NAMES.join(', ')}, got "${table}".`);
    }
    const known = this.#inserters.get(table);
    if (known) return known;
    const insertion = insertionInto(table);
    const inserter = { insertion, statement: await this.#writer.prepare(insertion.sql) };
    this.#inserters.set(table, inserter);
    return inserter;
  }

  async #query(
    sql: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<Record<string, unknown>[]> {
    const entries = Object.entries(parameters);
    const values = Object.fromEntries(entries.map(([name, value]) => [name, toParameter(name, value)]));
    const types = Object.fromEntries(entries.map(([name, value]) => [name, parameterType(value)]));
    const connection = await this.#instance.connect();
    try {
      const result = await orExplain(`run ${sql.trim().slice(0, 200)}`, () =>
        connection.runAndReadAll(sql, values, types),
      );
      return plainRows(result);
    } finally {
      connection.disconnectSync();
    }
  }

  async #close(): Promise<void> {
    await this.#writing;
    await Promise.allSettled(this.#reading);
    for (const { statement } of this.#inserters.values()) statement.destroySync();
    this.#writer.disconnectSync();
    this.#instance.closeSync();
  }
}

/** A commit that cannot be written is told as one of the transaction. */
const OUTSIDE =
  /^(IO Error|Out of Memory|Fatal|Connection|Could not|TransactionContext Error: Failed to commit: (Could not|Cannot open)|.*lock on file)/i;

/** What fails outside (disk, lock) becomes an UpstreamError, the rest `Refusal`: the statement or its values are wrong. */
async function orExplain<T>(
  what: string,
  operation: () => Promise<T>,
  Refusal: typeof ConfigError | typeof WireFormatError = ConfigError,
): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    const got = messageOf(cause);
    const isOutside = OUTSIDE.test(got);
    const remedy = isOutside ? remedyOf(got) : 'Correct it';
    throw new (isOutside ? UpstreamError : Refusal)(`Expected to ${what}, got: ${got}. ${remedy}.`, {
      cause,
    });
  }
}

function remedyOf(got: string): string {
  return isDamaged(got) ? DAMAGED : 'Check the disk, and that no other process has the file open';
}
