/** What a gRPC status of Bigtable means for us: a setting to change, or something that may pass. */
import { ConfigError, messageOf, UpstreamError } from '../../../schemas/errors.ts';

/** gRPC codes that a person must do something about. */
const REMEDIES: Readonly<Record<number, string>> = {
  3: 'Check the table and its families against connectors/state/bigtable/families.ts.',
  5: 'Deploy the infrastructure: the instance, the table or one of its families is missing.',
  7: 'Give the account roles/bigtable.user on the table, and check the project.',
  9: 'Give the store an app profile with single-cluster routing and single-row transactions.',
  12: 'The server is not Bigtable, or too old: check the endpoint.',
  16: 'Give credentials: gcloud auth application-default login, or a service account.',
};
const MAX_DETAIL = 300;

/** The project's error for what a call threw. `doing` continues "Expected Bigtable to …". Holds no row and no credential. */
export function bigtableError(thrown: unknown, doing: string): ConfigError | UpstreamError {
  const { code, details } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as {
    code?: unknown;
    details?: unknown;
  };
  const detail = (typeof details === 'string' && details !== '' ? details : messageOf(thrown))
    .replaceAll(/(ya29\.|Bearer )\S+/g, '…')
    .slice(0, MAX_DETAIL)
    .replace(/\.$/, '');
  const text = `Expected Bigtable to ${doing}, got: ${detail}.`;
  if (typeof code !== 'number' && /credential/i.test(detail))
    return new ConfigError(`${text} ${REMEDIES[16]}`);
  const remedy = typeof code === 'number' ? REMEDIES[code] : undefined;
  return remedy === undefined
    ? new UpstreamError(`${text} Try again; see status.cloud.google.com if it stays.`)
    : new ConfigError(`${text} ${remedy}`);
}
