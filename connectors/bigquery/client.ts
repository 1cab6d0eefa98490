/** BigQuery as all who speak with it share it: the client, a query's answer as plain rows, its failures in the project's errors. */
import { BigQuery, type Query } from '@google-cloud/bigquery';
import { PassThroughClient } from 'google-auth-library';
import { ConfigError, messageOf, UpstreamError } from '../../schemas/errors.ts';

export interface BigQueryPlace {
  readonly project: string;
  readonly dataset: string;
  /** Of the dataset, e.g. EU; BigQuery finds it where left out. */
  readonly location?: string | undefined;
  /** Of a server that speaks BigQuery's REST and asks nobody who they are; Google's where left out. */
  readonly apiEndpoint?: string | undefined;
}

type PlainRow = Record<string, unknown>;

export interface QueryAnswer {
  /** In the order they were asked for, also where there are no rows. */
  readonly columns: readonly string[];
  /** What JSON can hold: times as ISO strings with ms, integers beyond 2^53 as strings. */
  readonly rows: readonly PlainRow[];
}

export function bigQueryClient({ project, location, apiEndpoint }: BigQueryPlace): BigQuery {
  const options = { projectId: project, ...(location === undefined ? {} : { location }) };
  if (apiEndpoint === undefined) return new BigQuery(options);
  // The client's own version of the library has another type of the same name.
  return new BigQuery({ ...options, apiEndpoint, authClient: new PassThroughClient() as never });
}

/** Tables that are named alone are the dataset's. @throws the client's error */
export async function answerOf(client: BigQuery, place: BigQueryPlace, query: Query): Promise<QueryAnswer> {
  const { project: projectId, dataset: datasetId } = place;
  const [job] = await client.createQueryJob({ ...query, defaultDataset: { projectId, datasetId } });
  const [rows, , answer] = await job.getQueryResults({ wrapIntegers: INTEGERS, parseJSON: true });
  const fields: readonly { name?: string }[] = answer?.schema?.fields ?? [];
  return {
    columns: fields.map(({ name = '' }) => name),
    rows: rows.map((row) => plain(row) as PlainRow),
  };
}

const INTEGERS = {
  integerTypeCastFunction: (value: string) => (Number.isSafeInteger(Number(value)) ? Number(value) : value),
};

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

/** Reasons that pass by themselves, whatever code they come with: quotas are 403, rates 403 or 429. */
const PASSING = [
  'backendError',
  'internalError',
  'jobBackendError',
  'jobInternalError',
  'jobRateLimitExceeded',
  'quotaExceeded',
  'rateLimitExceeded',
  'tableUnavailable',
];

type Refusal = new (message: string, options?: ErrorOptions) => Error;

/**
 * What the client threw, in the project's errors. @param Wrong what it is where BigQuery can be reached, lets us in and says
 * that the statement or its values are wrong.
 */
export function bigQueryError(
  { project, dataset }: BigQueryPlace,
  what: string,
  cause: unknown,
  Wrong: Refusal = ConfigError,
): Error {
  const { code, reason } = faultOf(cause);
  const got = `Expected to ${what} on ${project}.${dataset}, got: ${messageOf(cause).trim()}`;
  const refused = (advice: string) => new ConfigError(`${got} ${advice}`, { cause });
  if (PASSING.includes(reason) || code === 429 || code >= 500)
    return new UpstreamError(`${got} Try again later; quotas are in the console.`, { cause });
  if (code === 401 || /default credentials|invalid_grant/i.test(messageOf(cause)))
    return refused('Say who you are: gcloud auth application-default login.');
  if (code === 403)
    return refused(
      `Grant roles/bigquery.jobUser on ${project} and roles/bigquery.dataEditor on ${dataset} to whoever runs this.`,
    );
  if (code === 404 || reason === 'notFound')
    return refused(`Check the names, or make the dataset: bq mk --dataset ${project}:${dataset}`);
  if (code === 400 || reason.startsWith('invalid')) return new Wrong(got, { cause });
  return new UpstreamError(`${got} Check the network.`, { cause });
}

/** HTTP's code (0: it came from no answer) and BigQuery's reason. */
function faultOf(cause: unknown): { code: number; reason: string } {
  const { code, errors } = (cause ?? {}) as { code?: unknown; errors?: unknown };
  const [first] = Array.isArray(errors) ? (errors as { reason?: unknown }[]) : [];
  return { code: typeof code === 'number' ? code : 0, reason: String(first?.reason ?? '') };
}
