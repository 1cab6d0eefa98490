/** The two engines that GoogleSQL is compared on, over the same rows. */
import { DuckDBInstance } from '@duckdb/node-api';
import type { Statement } from '../../bq/compose.ts';
import { defaultsOf } from '../../bq/params.ts';
import { duckDbOn } from '../../connectors/sql/duckdb.ts';
import type { SqlEngine, SqlParam } from '../../connectors/sql/port.ts';
import { rowSchema, TABLE_NAMES } from '../../schemas/tables.ts';
import { duckDbColumns } from '../../schemas/to-duckdb.ts';
import type { Tables } from './seeded.ts';

/** DuckDB over these rows, copies included, as a table filled at least once has them. */
export async function duckDbOf(tables: Tables): Promise<SqlEngine> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  for (const name of TABLE_NAMES) {
    const columns = duckDbColumns(rowSchema(name));
    await connection.run(`CREATE TABLE ${name} (${columns.map((c) => `"${c.name}" ${c.type}`).join(', ')})`);
    const shape = `[{${columns.map((c) => `"${c.name}": "${c.type.replaceAll('"', '\\"')}"`).join(', ')}}]`;
    await connection.run(
      `INSERT INTO ${name} SELECT unnest(row) FROM (SELECT unnest(from_json($rows, '${shape}')) AS row)`,
      { rows: JSON.stringify(tables[name]) },
    );
  }
  return duckDbOn(instance, connection);
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
