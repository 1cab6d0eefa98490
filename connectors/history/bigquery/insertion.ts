/** How rows come into a table: once, loaded beside it and then those added whose id is not there; or as they are. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { BigQuery, Table } from '@google-cloud/bigquery';
import { WireFormatError } from '../../../schemas/errors.ts';
import { rowSchema, TABLES, type TableName } from '../../../schemas/tables.ts';
import { type BigQueryColumn, bigQueryColumns } from '../../../schemas/to-bigquery.ts';
import { answerOf, type BigQueryPlace } from '../../bigquery/client.ts';
import { fieldOf } from './tables.ts';

type Row = Readonly<Record<string, unknown>>;

/** A killed process leaves what it loaded; BigQuery takes it away after so long. Unit: ms. */
const STAGING_LIVES_MS = 3_600_000;

/**
 * A load job is free, checks types, modes and nesting, and takes all rows or none; an INSERT, unlike a MERGE, may meet rows
 * that a subscription streamed a moment ago. An id fixes its row's time, so only that span of partitions is read.
 * @throws WireFormatError where a row lacks what it must have; the client's error
 */
export async function insertOnce(
  client: BigQuery,
  place: BigQueryPlace,
  table: TableName,
  rows: readonly Row[],
  nowMs: number,
): Promise<void> {
  const columns = columnsFor(table, rows);
  const staging = client.dataset(place.dataset).table(`load_${table}_${randomBytes(8).toString('hex')}`);
  await staging.create({
    schema: { fields: columns.map(fieldOf) },
    expirationTime: String(nowMs + STAGING_LIVES_MS),
  });
  try {
    await load(staging, columns, rows);
    await answerOf(client, place, {
      query: addition(table, staging.id!, columns),
      params: span(table, rows),
    });
  } finally {
    await staging.delete({ ignoreNotFound: true }).catch(() => undefined);
  }
}

/**
 * All rows or none, also those that are there: a load job alone, which is free, however large the table is.
 * @throws WireFormatError where a row lacks what it must have; the client's error
 */
export async function appendRows(
  client: BigQuery,
  { dataset }: BigQueryPlace,
  table: TableName,
  rows: readonly Row[],
): Promise<void> {
  await load(client.dataset(dataset).table(table), columnsFor(table, rows), rows);
}

/** Before anything is sent: an id that is null would be in no set and out of none, and its row lost without a word. */
function columnsFor(table: TableName, rows: readonly Row[]): readonly BigQueryColumn[] {
  const columns = bigQueryColumns(rowSchema(table));
  const required = columns.filter(({ mode }) => mode !== 'NULLABLE').map(({ name }) => name);
  for (const row of rows) {
    const missing = required.find((name) => row[name] === null || row[name] === undefined);
    if (missing === undefined) continue;
    throw new WireFormatError(`Expected rows of ${table} with "${missing}", got ${JSON.stringify(row)}.`);
  }
  return columns;
}

async function load(into: Table, columns: readonly BigQueryColumn[], rows: readonly Row[]): Promise<void> {
  const names = columns.map(({ name }) => name);
  const lines = rows.map((row) => JSON.stringify(Object.fromEntries(names.map((name) => [name, row[name]]))));
  const stream = into.createWriteStream({
    sourceFormat: 'NEWLINE_DELIMITED_JSON',
    createDisposition: 'CREATE_NEVER',
  });
  const loaded = once(stream, 'complete');
  stream.end(`${lines.join('\n')}\n`);
  await loaded;
}

function addition(table: TableName, staging: string, columns: readonly BigQueryColumn[]): string {
  const names = columns.map(({ name }) => `\`${name}\``).join(', ');
  const time = `\`${TABLES[table].partitionBy}\``;
  return `
    INSERT INTO \`${table}\` (${names})
    SELECT ${names} FROM \`${staging}\`
    WHERE id NOT IN (
      SELECT id FROM \`${table}\` WHERE ${time} BETWEEN TIMESTAMP(@first) AND TIMESTAMP(@last)
    )`;
}

/** Of the rows' times, which are ISO strings in UTC. */
function span(table: TableName, rows: readonly Row[]): { first: string; last: string } {
  const times = rows.map((row) => String(row[TABLES[table].partitionBy])).sort();
  return { first: times[0]!, last: times.at(-1)! };
}
