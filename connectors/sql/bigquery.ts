/** GoogleSQL on BigQuery itself. */
import { BigQuery, type Query } from '@google-cloud/bigquery';
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import { answerOf, type BigQueryPlace, bigQueryClient, bigQueryError } from '../bigquery/client.ts';
import type { SqlEngine, SqlPlan, SqlResult, SqlStatement } from './port.ts';

export interface BigQuerySqlOptions extends BigQueryPlace {
  /** A query that would read more is refused before it runs. Unit: bytes. */
  readonly maxBytes: number;
}

const GIGABYTE = 1e9;

export function openBigQuerySql(options: BigQuerySqlOptions): SqlEngine {
  const client = bigQueryClient(options);
  const request = ({ sql, params }: SqlStatement): Query => ({ query: sql, ...parametersOf(params) });
  return {
    async query(statement): Promise<SqlResult> {
      const maximumBytesBilled = String(options.maxBytes);
      return orExplain(options, () =>
        answerOf(client, options, { ...request(statement), maximumBytesBilled }),
      );
    },
    async explain(statement): Promise<SqlPlan> {
      return orExplain(options, async () => {
        const defaultDataset = { projectId: options.project, datasetId: options.dataset };
        const [job] = await client.createQueryJob({ ...request(statement), defaultDataset, dryRun: true });
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

async function orExplain<T>(options: BigQuerySqlOptions, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    const got = messageOf(cause);
    if (!/bytesBilledLimitExceeded|maximum bytes billed|limit for bytes billed/i.test(got))
      throw bigQueryError(options, 'run the query', cause);
    const limit = `${options.maxBytes / GIGABYTE} GB`;
    throw new ConfigError(
      `Expected a query that scans at most ${limit}, got: ${got} Look with --explain, filter by time, or raise --max-gb.`,
      { cause },
    );
  }
}
