/** A Parquet file as a stream of chunks in the order of its rows, read by DuckDB on one thread. */
import { type DuckDBConnection, type DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import { missing } from './csv.ts';
import type { Cell, Columns, RawRow, RawTable } from './rows.ts';

export interface ParquetFile {
  /** DuckDB type by column name in lower case; SQL finds a column in any case. */
  readonly types: ReadonlyMap<string, string>;
  /** Chunks of `SELECT <expressions>`, first row first. Closes the file at the end. */
  select(expressions: readonly string[]): AsyncGenerator<DuckDBDataChunk>;
  progress(): number;
}

/** @throws ConfigError where the file is no Parquet file, is empty or lacks a required column. */
export async function openParquet(path: string, columns: Columns): Promise<ParquetFile> {
  // One thread: rows come in the order of the file, and memory stays at a few row groups.
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    const from = `read_parquet(${literal(globFree(path))})`;
    const types = await typesOf(connection, from);
    for (const name of columns.required) if (!types.has(name)) throw missing(path, name, [...types.keys()]);
    const total = await countOf(connection, from);
    if (total === 0) throw new ConfigError(`Expected rows in ${path}, the file is empty. Export it again.`);
    let rows = 0;
    return {
      types,
      select: (expressions) =>
        stream(path, connection, `SELECT ${expressions.join(', ')} FROM ${from}`, close, (n) => {
          rows += n;
        }),
      progress: () => rows / total,
    };
  } catch (cause) {
    close();
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): unknown {
  if (cause instanceof ConfigError) return cause;
  return new ConfigError(`Cannot read ${path} as Parquet: ${messageOf(cause).split('\n')[0]}`, { cause });
}

async function* stream(
  path: string,
  connection: DuckDBConnection,
  sql: string,
  close: () => void,
  took: (rows: number) => void,
): AsyncGenerator<DuckDBDataChunk> {
  try {
    const result = await connection.stream(sql);
    for (
      let chunk = await result.fetchChunk();
      chunk && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      took(chunk.rowCount);
      yield chunk;
    }
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    close();
  }
}

async function typesOf(connection: DuckDBConnection, from: string): Promise<Map<string, string>> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
  return new Map(
    described
      .getRowObjects()
      .map((row) => [String(row.column_name).toLowerCase(), String(row.column_type)] as const),
  );
}

async function countOf(connection: DuckDBConnection, from: string): Promise<number> {
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${from}`);
  return Number(counted.getRows()[0]?.[0]);
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A path is one file, whatever characters it has: each special one becomes a class of itself. */
function globFree(path: string): string {
  return path.replace(/[[*?]/g, '[$&]');
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A column as text in SQL; a time as ms since the epoch. */
export function textOf(name: string, type: string): string {
  const isTime = type.startsWith('TIMESTAMP');
  return `CAST(${isTime ? `epoch_ms(${quoted(name)})` : quoted(name)} AS VARCHAR)`;
}

/** The file as rows of text, like any other format: right for bars, which are few. */
export async function openParquetRows(path: string, columns: Columns): Promise<RawTable> {
  const file = await openParquet(path, columns);
  const wanted = [...columns.required, ...columns.optional];
  const expressions = wanted.map((name) => {
    const type = file.types.get(name);
    return type === undefined ? 'NULL' : textOf(name, type);
  });
  const absent = wanted.map((name) => !file.types.has(name));
  return {
    has: (name) => file.types.has(name),
    blocks: readRows(file.select(expressions), wanted, absent),
    progress: file.progress,
  };
}

async function* readRows(
  chunks: AsyncIterable<DuckDBDataChunk>,
  wanted: readonly string[],
  absent: readonly boolean[],
): AsyncGenerator<RawRow[]> {
  let line = 0;
  for await (const chunk of chunks) {
    yield chunk.getRows().map((values) => {
      const cells = values.map((value, i) => (absent[i] ? undefined : (value as Cell)));
      line += 1;
      return { line, cells, bytes: () => jsonBytes(wanted, cells) };
    });
  }
}

function jsonBytes(names: readonly string[], cells: readonly Cell[]): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify(Object.fromEntries(names.map((name, i) => [name, cells[i]]))),
  );
}
