/** GoogleSQL on the history of this machine, read only. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { ConfigError, messageOf, UpstreamError } from '../../schemas/errors.ts';
import { DAMAGED, isDamaged } from '../history/duckdb/tables.ts';
import { parameterType, plainRows, toParameter } from '../history/duckdb/values.ts';
import { toDuckDb } from './duckdb/google-sql.ts';
import { historyFilesAt } from './duckdb/tables.ts';
import type { SqlEngine, SqlPlan, SqlResult, SqlStatement } from './port.ts';

/** @throws ConfigError where there is no history; UpstreamError where another process has it open. */
export async function openDuckDbSql({ path }: { path: string }): Promise<SqlEngine> {
  const files = historyFilesAt(path);
  const instance =
    files.kind === 'database'
      ? await orExplain(path, () => DuckDBInstance.create(files.path, { access_mode: 'READ_ONLY' }))
      : await DuckDBInstance.create(':memory:');
  try {
    const connection = await instance.connect();
    if (files.kind === 'parquet')
      for (const view of files.views) await orExplain(path, () => connection.run(view));
    return await duckDbOn(instance, connection);
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

/** On a database that holds the history tables; `close` closes it. */
export async function duckDbOn(instance: DuckDBInstance, connection: DuckDBConnection): Promise<SqlEngine> {
  // Times without a zone are UTC, as everywhere in the project.
  await connection.run("SET TimeZone = 'UTC'");
  return new DuckDbSql(instance, connection);
}

class DuckDbSql implements SqlEngine {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  async query(statement: SqlStatement): Promise<SqlResult> {
    const result = await this.#run('', statement);
    return { columns: result.deduplicatedColumnNames(), rows: plainRows(result) };
  }

  async explain(statement: SqlStatement): Promise<SqlPlan> {
    const result = await this.#run('EXPLAIN ', statement);
    return {
      bytes: null,
      text: result
        .getRows()
        .map((row) => String(row[1]))
        .join('\n'),
    };
  }

  async close(): Promise<void> {
    this.#connection.disconnectSync();
    this.#instance.closeSync();
  }

  async #run(prefix: string, { sql, params }: SqlStatement) {
    const types = Object.fromEntries(Object.entries(params).map(([name, { type }]) => [name, type]));
    const translated = toDuckDb(sql, types);
    const used = Object.entries(params).filter(([name]) => translated.includes(`$${name} AS `));
    const values = Object.fromEntries(used.map(([name, { value }]) => [name, toParameter(name, value)]));
    const kinds = Object.fromEntries(used.map(([name, { value }]) => [name, parameterType(value)]));
    try {
      return await this.#connection.runAndReadAll(prefix + translated, values, kinds);
    } catch (cause) {
      throw new ConfigError(`Expected a query that DuckDB can run, got: ${messageOf(cause)}`, { cause });
    }
  }
}

async function orExplain<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    const got = messageOf(cause);
    if (isDamaged(got))
      throw new UpstreamError(`Expected to read ${path}, got: ${got}. ${DAMAGED}.`, { cause });
    if (!/lock on file/i.test(got))
      throw new ConfigError(`Expected history in ${path}, got: ${got}`, { cause });
    throw new UpstreamError(
      `Expected to read ${path}, got: ${got}. DuckDB lets one process in: stop the stack that writes it, or copy the file.`,
      { cause },
    );
  }
}
