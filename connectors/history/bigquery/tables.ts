/** The history tables of a dataset: made where they are missing, looked at where they are there. */
import type { BigQuery, Table, TableField, TableMetadata } from '@google-cloud/bigquery';
import { ConfigError } from '../../../schemas/errors.ts';
import { rowSchema, TABLE_NAMES, TABLES, type TableName } from '../../../schemas/tables.ts';
import { type BigQueryColumn, bigQueryColumns } from '../../../schemas/to-bigquery.ts';
import type { BigQueryPlace } from '../../bigquery/client.ts';

/** @throws the client's error; ConfigError where a table lacks a column, or has it with another type. */
export async function prepareTables(client: BigQuery, place: BigQueryPlace): Promise<void> {
  const [tables] = await client.dataset(place.dataset).getTables();
  const there = new Map(tables.map((table) => [String(table.id), table]));
  await Promise.all(
    TABLE_NAMES.map(async (name) => {
      const table = there.get(name);
      if (table) await assertColumns(place, name, table);
      else await client.dataset(place.dataset).createTable(name, resourceOf(name));
    }),
  );
}

const DAY_MS = 86_400_000;

/** What `bq/tables` says in DDL, as its REST takes it. */
function resourceOf(name: TableName): TableMetadata {
  const { grain, partitionBy, clusterBy, keepDays } = TABLES[name];
  return {
    description: `One row: ${grain}.`,
    schema: { fields: bigQueryColumns(rowSchema(name)).map(fieldOf) },
    timePartitioning: {
      type: 'DAY',
      field: partitionBy,
      ...(keepDays === null ? {} : { expirationMs: String(keepDays * DAY_MS) }),
    },
    clustering: { fields: [...clusterBy] },
  };
}

/** A column as its REST takes it. */
export function fieldOf({ name, type, mode, description, fields }: BigQueryColumn): TableField {
  return { name, type, mode, description, ...(fields === undefined ? {} : { fields: fields.map(fieldOf) }) };
}

/** As its REST spells them. */
const SPELLINGS: Readonly<Record<string, string>> = {
  INTEGER: 'INT64',
  FLOAT: 'FLOAT64',
  BOOLEAN: 'BOOL',
  STRUCT: 'RECORD',
};

interface Field {
  readonly name?: string;
  readonly type?: string;
  readonly fields?: readonly Field[];
}

async function assertColumns(place: BigQueryPlace, name: TableName, table: Table): Promise<void> {
  const [metadata] = await table.getMetadata();
  const found: readonly Field[] = metadata.schema?.fields ?? [];
  const wrong = firstMisfit(bigQueryColumns(rowSchema(name)), found, '');
  if (wrong === null) return;
  throw new ConfigError(
    `Expected ${place.dataset}.${name} with ${wrong}. Change it as bq/tables/${name}.sql says (ALTER TABLE … ADD COLUMN), or name another dataset.`,
  );
}

function firstMisfit(
  columns: readonly BigQueryColumn[],
  found: readonly Field[],
  path: string,
): string | null {
  for (const column of columns) {
    const field = found.find(({ name }) => name === column.name);
    const type = SPELLINGS[field?.type ?? ''] ?? field?.type ?? 'nothing';
    if (type !== column.type) return `${path}${column.name} ${column.type}, got ${type}`;
    const inner = firstMisfit(column.fields ?? [], field?.fields ?? [], `${path}${column.name}.`);
    if (inner !== null) return inner;
  }
  return null;
}
