/** GoogleSQL on BigQuery itself. */
import { BigQuery, type Query } from '@google-cloud/bigquery';
import { PassThroughClient } from 'google-auth-library';
import { ConfigError, messageOf, UpstreamError } from '../../schemas/errors.ts';
import type { SqlEngine, SqlPlan, SqlResult, SqlStatement } from './port.ts';

export interface BigQuerySqlOptions {
  readonly project: string;
  readonly dataset: string;
  /** Of the dataset, e.g. EU; BigQuery finds it where left out. */
  readonly location?: string | undefined;
  /** A query that would read more is refused before it runs. Unit: bytes. */
  readonly maxBytes: number;
  /** Of a server that speaks BigQuery's REST and asks nobody who they are; Google's where left out. */
  readonly apiEndpoint?: string | undefined;
}

const GIGABYTE = 1e9;

export function openBigQuerySql(options: BigQuerySqlOptions): SqlEngine {
  const { project, dataset, location, maxBytes, apiEndpoint } = options;
  // The client's own version of the library has another type of the same name.
  const local = { apiEndpoint: apiEndpoint ?? '', authClient: new PassThroughClient() as never };
  const client = new BigQuery({ projectId: project, ...(apiEndpoint === undefined ? {} : local) });
  const request = ({ sql, params }: SqlStatement): Query => ({
    query: sql,
    ...parametersOf(params),
    defaultDataset: { projectId: project, datasetId: dataset },
    maximumBytesBilled: String(maxBytes),
    ...(location === undefined ? {} : { location }),
  });
  return {
    async query(statement): Promise<SqlResult> {
      return orExplain(options, async () => {
        const [job] = await client.createQueryJob(request(statement));
        const [rows, , answer] = await job.getQueryResults({ wrapIntegers: INTEGERS, parseJSON: true });
        const fields: readonly { name?: string }[] = answer?.schema?.fields ?? [];
        return { columns: fields.map(({ name = '' }) => name), rows: rows.map((row) => plain(row) as Row) };
      });
    },
    async explain(statement): Promise<SqlPlan> {
      return orExplain(options, async () => {
        const { maximumBytesBilled: _, ...unlimited } = request(statement);
        const [job] = await client.createQueryJob({ ...unlimited, dryRun: true });
        const { totalBytesProcessed = '0', query } = job.metadata?.statistics ?? {};
        const accuracy = query?.totalBytesProcessedAccuracy ?? 'UNKNOWN';
        const bytes = Number(totalBytesProcessed);
        return {
          bytes,
          text: `BigQuery would scan ${(bytes / GIGABYTE).toFixed(3)} GB (accuracy: ${accuracy}).`,
        };
      });
    },
    async close() {},
  };
}

type Row = Record<string, unknown>;

const INTEGERS = {
  integerTypeCastFunction: (value: string) => (Number.isSafeInteger(Number(value)) ? Number(value) : value),
};

/** Types are told for all of them: a null or an empty list has none of its own. */
function parametersOf(params: SqlStatement['params']): Pick<Query, 'params' | 'types'> {
  const entries = Object.entries(params);
  return {
    params: Object.fromEntries(entries.map(([name, { type, value }]) => [name, valueOfType(type, value)])),
    types: Object.fromEntries(
      entries.map(([name, { type }]) => {
        const item = /^ARRAY<(\w+)>$/.exec(type)?.[1];
        return [name, item === undefined ? type : [item]];
      }),
    ),
  };
}

/** A time as text would be sent as nothing. */
function valueOfType(type: string, value: SqlStatement['params'][string]['value']): unknown {
  const timeOf = (text: unknown) => (text === null ? null : BigQuery.timestamp(String(text)));
  if (!type.includes('TIMESTAMP')) return value;
  return Array.isArray(value) ? value.map(timeOf) : timeOf(value);
}

/** The client wraps times and days in objects of its own. */
function plain(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(plain);
  const wrapped = /^BigQuery(\w+)$/.exec(value.constructor.name)?.[1];
  if (wrapped === undefined)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  const text = String((value as { value: unknown }).value);
  return wrapped === 'Timestamp' ? new Date(Date.parse(text)).toISOString() : text;
}

async function orExplain<T>(
  { project, dataset, maxBytes }: BigQuerySqlOptions,
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    const got = messageOf(cause);
    const { code } = (cause ?? {}) as { code?: unknown };
    if (/bytesBilledLimitExceeded|maximum bytes billed|limit for bytes billed/i.test(got)) {
      const limit = `${maxBytes / GIGABYTE} GB`;
      throw new ConfigError(
        `Expected a query that scans at most ${limit}, got: ${got} Look with --explain, filter by time, or raise --max-gb.`,
        { cause },
      );
    }
    if (code === 400 || code === 404) {
      throw new ConfigError(`Expected a query that BigQuery can run on ${project}.${dataset}, got: ${got}`, {
        cause,
      });
    }
    const remedy = 'Check the network, and who you are: gcloud auth application-default login.';
    throw new UpstreamError(`Expected BigQuery to answer for ${project}, got: ${got}. ${remedy}`, { cause });
  }
}
