/** What must never be in history, asked each day: every query of bq/tests as a scheduled query that fails where it finds a row. */
import * as gcp from '@pulumi/gcp';
import type { Resource } from '@pulumi/pulumi';
import { type Query, queries } from '../../bq/catalog.ts';
import { statementOfQuery } from '../../bq/compose.ts';
import { TABLES, type TableName } from '../../schemas/tables.ts';
import { CHECKED_DAYS, DATASET } from './names.ts';
import type { Stack } from './stack.ts';

/** After the day's last bars are there; BigQuery counts the day in UTC. */
const SCHEDULE = 'every day 02:00';

/** @param tables What the queries read. */
export function makeChecks(stack: Stack, tables: readonly Resource[]): void {
  const { config, options } = stack;
  const account = new gcp.serviceaccount.Account(
    'data-checks',
    { accountId: 'data-checks', displayName: 'data-checks', description: 'Runs the daily checks of history' },
    options,
  );
  const transfer = new gcp.projects.ServiceIdentity(
    'bigquerydatatransfer',
    { service: 'bigquerydatatransfer.googleapis.com' },
    options,
  );
  const rights = [
    new gcp.projects.IAMMember(
      'data-checks-jobs',
      { project: config.project, role: 'roles/bigquery.jobUser', member: account.member },
      options,
    ),
    new gcp.bigquery.DatasetIamMember(
      'data-checks-read',
      { datasetId: DATASET, role: 'roles/bigquery.dataViewer', member: account.member },
      { ...options, dependsOn: [...tables] },
    ),
    new gcp.serviceaccount.IAMMember(
      'data-checks-as',
      {
        serviceAccountId: account.name,
        role: 'roles/iam.serviceAccountTokenCreator',
        member: transfer.member,
      },
      options,
    ),
  ];
  for (const query of queries().filter(({ layer }) => layer === 'tests')) {
    new gcp.bigquery.DataTransferConfig(
      `check-${query.name}`,
      {
        displayName: query.name,
        dataSourceId: 'scheduled_query',
        schedule: SCHEDULE,
        location: config.region,
        serviceAccountName: account.email,
        params: { query: assertion(query) },
      },
      { ...options, dependsOn: [...rights, ...tables] },
    );
  }
}

/** Older days were checked when they were young. A day is read whole, as are its bars. */
function recent(sql: string): string {
  return Object.entries(CHECKED_DAYS).reduce((text, [table, days]) => {
    const { partitionBy } = TABLES[table as TableName];
    const since = `TIMESTAMP_TRUNC(TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL ${days - 1} DAY), DAY)`;
    const young = `FROM (SELECT * FROM ${table} WHERE ${partitionBy} >= ${since})`;
    return text.replaceAll(new RegExp(`\\bFROM\\s+${table}\\b`, 'g'), young);
  }, sql);
}

/** A script: a scheduled query that keeps no rows has no default dataset but this, and no parameters. */
function assertion(query: Query): string {
  const { sql, params } = statementOfQuery(query);
  const { title } = query.header;
  const given = params.reduce(
    (text, param) => text.replaceAll(`@${param.name}`, JSON.stringify(param.default)),
    recent(sql),
  );
  const what = JSON.stringify(`${query.name}: ${title}`);
  return `SET @@dataset_id = '${DATASET}';\nASSERT NOT EXISTS (\n${given}\n) AS ${what};\n`;
}
