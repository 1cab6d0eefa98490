/** The two engines that GoogleSQL is compared on, over the same rows. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Statement } from '../../bq/compose.ts';
import { defaultsOf } from '../../bq/params.ts';
import { duckDbOn } from '../../connectors/sql/duckdb.ts';
import type { SqlEngine, SqlParam, SqlResult, SqlStatement } from '../../connectors/sql/port.ts';
import { rowSchema, TABLE_NAMES, type TableName } from '../../schemas/tables.ts';
import { duckDbColumns } from '../../schemas/to-duckdb.ts';
import type { Tables } from './seeded.ts';

/** DuckDB over these rows, copies included, as a table filled at least once has them. */
export async function duckDbOf(tables: Tables): Promise<SeededDuckDb> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  for (const name of TABLE_NAMES) {
    const columns = duckDbColumns(rowSchema(name)).map((column) => `"${column.name}" ${column.type}`);
    await connection.run(`CREATE TABLE ${name} (${columns.join(', ')})`);
    await fill(connection, name, tables[name]);
  }
  const engine = await duckDbOn(instance, connection);
  return {
    query: (statement) => engine.query(statement),
    async queryWith(changed, statement) {
      await connection.run('BEGIN');
      for (const [name, rows] of Object.entries(changed)) {
        await connection.run(`DELETE FROM ${name}`);
        await fill(connection, name as TableName, rows);
      }
      try {
        return await engine.query(statement);
      } finally {
        await connection.run('ROLLBACK');
      }
    },
    close: () => engine.close(),
  };
}

export interface SeededDuckDb extends Pick<SqlEngine, 'query' | 'close'> {
  /** The rows that it gives where some tables have other rows. */
  queryWith(changed: Partial<Tables>, statement: SqlStatement): Promise<SqlResult>;
}

async function fill(connection: DuckDBConnection, name: TableName, rows: readonly object[]): Promise<void> {
  const columns = duckDbColumns(rowSchema(name));
  const shape = columns.map((column) => `"${column.name}": "${column.type.replaceAll('"', '\\"')}"`);
  await connection.run(
    `INSERT INTO ${name} SELECT unnest(row) FROM (SELECT unnest(from_json($rows, '[{${shape.join(', ')}}]')) AS row)`,
    { rows: JSON.stringify(rows) },
  );
}

export type Given = Readonly<Record<string, SqlParam['value']>>;

/** Values that suit a market of four hours, where the defaults do not. */
export const GIVEN: Readonly<Record<string, Given>> = {
  backtest_walk_forward: { train_hours: 1, test_hours: 1, min_trades: 1 },
  backtest_summary: { min_trades: 5 },
  backtest_trades: { cooldown_min: 7 },
};

/** The statement with its defaults, some of them replaced. */
export function withParams({ sql, params }: Statement, given: Given = {}) {
  return { sql, params: defaultsOf(params, given) };
}
