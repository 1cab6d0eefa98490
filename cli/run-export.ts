/** What `cst export` does: history tables into Parquet files. */
import { historyFilesAt } from '../connectors/sql/duckdb/tables.ts';
import { ConfigError } from '../schemas/errors.ts';
import { TABLE_NAMES } from '../schemas/tables.ts';
import { timerangeOf } from './backtest/timerange.ts';
import { makeFolder, needed } from './file-flags.ts';
import { oneOf } from './flags.ts';

export interface ExportFlags {
  readonly history: string;
  readonly tables?: string;
  readonly timerange?: string;
  readonly out?: string;
  readonly json?: boolean;
}

export async function runExport(flags: ExportFlags): Promise<void> {
  const out = needed(flags.out, '--out backup');
  const names = flags.tables?.split(',').map((name) => oneOf(name.trim(), TABLE_NAMES, '--tables'));
  const range = timerangeOf(flags.timerange);
  const files = historyFilesAt(flags.history);
  if (files.kind === 'parquet')
    throw new ConfigError(`Expected a DuckDB history in ${flags.history}, got Parquet files already.`);
  await makeFolder(out, '--out');
  const { exportParquet } = await import('../connectors/history/duckdb/parquet.ts');
  const rows = await exportParquet({ path: files.path, out, tables: names ?? TABLE_NAMES, ...range });
  if (flags.json) process.stdout.write(`${JSON.stringify({ out, rows })}\n`);
  else
    for (const [table, count] of Object.entries(rows))
      process.stdout.write(`${table.padEnd(16)} ${count.toLocaleString('en-US').padStart(12)} rows\n`);
}
