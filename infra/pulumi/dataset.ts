/** History in BigQuery: a table for each topic, and the views of bq/ over them. */
import * as gcp from '@pulumi/gcp';
import type { Resource } from '@pulumi/pulumi';
import { qualified, views } from '../../bq/compose.ts';
import { bigQuerySubscription } from '../../schemas/bigquery-subscriptions.ts';
import { DAY_MS } from '../../schemas/primitives.ts';
import { rowSchema, TABLE_NAMES, TABLES, type TableName } from '../../schemas/tables.ts';
import { bigQueryColumns } from '../../schemas/to-bigquery.ts';
import type { Accounts } from './accounts.ts';
import { DATASET } from './names.ts';
import type { Stack } from './stack.ts';

export interface History {
  readonly dataset: gcp.bigquery.Dataset;
  readonly tables: ReadonlyMap<TableName, gcp.bigquery.Table>;
  /** Of each table that Pub/Sub writes: what must be there before it can. */
  readonly writable: ReadonlyMap<TableName, readonly Resource[]>;
}

export function makeHistory(stack: Stack, accounts: Accounts): History {
  const { config, data } = stack;
  const dataset = new gcp.bigquery.Dataset(
    DATASET,
    {
      datasetId: DATASET,
      location: config.region,
      description: 'What the topics said, and views over it',
      deleteContentsOnDestroy: !config.keepHistory,
    },
    data,
  );
  const tables = new Map(TABLE_NAMES.map((name) => [name, makeTable(name, stack, dataset)]));
  makeViews(stack, dataset, [...tables.values()]);
  const written = TABLE_NAMES.filter((name) => bigQuerySubscription(TABLES[name].topic) !== null);
  const writable = written.map((name) => {
    const table = tables.get(name)!;
    const args = { datasetId: dataset.datasetId, tableId: table.tableId, member: accounts.pubsub };
    const right = new gcp.bigquery.IamMember(
      `${name}-by-pubsub`,
      { ...args, role: 'roles/bigquery.dataEditor' },
      stack.options,
    );
    return [name, [table, right]] as const;
  });
  return { dataset, tables, writable: new Map(writable) };
}

function makeTable(
  name: TableName,
  { config, data }: Stack,
  dataset: gcp.bigquery.Dataset,
): gcp.bigquery.Table {
  const { grain, partitionBy, clusterBy, keepDays } = TABLES[name];
  const { [name]: days = keepDays } = config.keepDays;
  return new gcp.bigquery.Table(
    name,
    {
      datasetId: dataset.datasetId,
      tableId: name,
      description: `One row: ${grain}.`,
      schema: JSON.stringify(bigQueryColumns(rowSchema(name))),
      timePartitioning: {
        type: 'DAY',
        field: partitionBy,
        ...(days !== null && { expirationMs: days * DAY_MS }),
      },
      clusterings: [...clusterBy],
      deletionProtection: config.keepHistory,
    },
    data,
  );
}

/** Nothing is kept in them: they come and go with the stack. */
function makeViews(
  { config, options }: Stack,
  dataset: gcp.bigquery.Dataset,
  tables: readonly Resource[],
): void {
  const made = new Map<string, Resource>();
  for (const { name, title, sql, reads } of views()) {
    const before = reads.flatMap((view) => made.get(view) ?? []);
    const view = new gcp.bigquery.Table(
      name,
      {
        datasetId: dataset.datasetId,
        tableId: name,
        description: title,
        deletionProtection: false,
        view: { query: qualified(sql, `${config.project}.${DATASET}`), useLegacySql: false },
      },
      { ...options, dependsOn: [...tables, ...before] },
    );
    made.set(name, view);
  }
}
