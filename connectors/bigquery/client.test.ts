import { expect, it } from 'vitest';
import { ConfigError, UpstreamError, WireFormatError } from '../../schemas/errors.ts';
import { bigQueryError } from './client.ts';

const PLACE = { project: 'my-project', dataset: 'history' };
const fault = (code: number | undefined, reason: string, message = 'What it said.') =>
  Object.assign(new Error(message), { code, errors: [{ reason, message }] });

/** Codes and reasons as BigQuery's documentation of error messages lists them. */
it.each([
  [403, 'quotaExceeded', UpstreamError, /later/],
  [403, 'rateLimitExceeded', UpstreamError, /later/],
  [429, 'jobRateLimitExceeded', UpstreamError, /later/],
  [500, 'internalError', UpstreamError, /later/],
  [503, 'backendError', UpstreamError, /later/],
  [undefined, 'backendError', UpstreamError, /later/],
  [401, 'authError', ConfigError, /gcloud auth/],
  [403, 'accessDenied', ConfigError, /bigquery\.jobUser on my-project and .*dataEditor on history/],
  [404, 'notFound', ConfigError, /bq mk --dataset my-project:history/],
  [400, 'invalidQuery', WireFormatError, /to insert on my-project.history, got: What it said/],
  [undefined, 'invalid', WireFormatError, /What it said/],
] as const)('explains %s %s', (code, reason, Kind, text) => {
  const error = bigQueryError(PLACE, 'insert', fault(code, reason), WireFormatError);
  expect(error).toBeInstanceOf(Kind);
  expect(error.message).toMatch(text);
});

it('explains who is nobody, and who cannot be reached', () => {
  const nobody = new Error('Could not load the default credentials. Browse to …');
  expect(bigQueryError(PLACE, 'insert', nobody)).toBeInstanceOf(ConfigError);
  const gone = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  expect(bigQueryError(PLACE, 'insert', gone)).toBeInstanceOf(UpstreamError);
});
