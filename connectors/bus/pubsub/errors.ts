/** What a gRPC status of Pub/Sub means for us: a setting to change, or something that may pass. */
import { ConfigError, messageOf, UpstreamError } from '../../../schemas/errors.ts';

interface Meaning {
  readonly name: string;
  /** True where the same call may succeed later. */
  readonly passes: boolean;
  readonly remedy: string;
}

const LATER = 'It is tried again; see status.cloud.google.com if it stays.';

/** By gRPC code. */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  1: { name: 'CANCELLED', passes: true, remedy: LATER },
  2: { name: 'UNKNOWN', passes: true, remedy: LATER },
  3: {
    name: 'INVALID_ARGUMENT',
    passes: false,
    remedy:
      'Check the message against the schema revisions of its topic, and names and settings against the limits.',
  },
  4: { name: 'DEADLINE_EXCEEDED', passes: true, remedy: 'Check the network, and the size of the queue.' },
  5: {
    name: 'NOT_FOUND',
    passes: false,
    remedy: 'Deploy the infrastructure, or let the bus create what is missing.',
  },
  6: { name: 'ALREADY_EXISTS', passes: false, remedy: 'Delete it, or use what is there.' },
  7: {
    name: 'PERMISSION_DENIED',
    passes: false,
    remedy: 'Give the account roles/pubsub.publisher or roles/pubsub.subscriber, and check the project.',
  },
  8: { name: 'RESOURCE_EXHAUSTED', passes: true, remedy: 'Raise the quota of Pub/Sub where it stays.' },
  9: {
    name: 'FAILED_PRECONDITION',
    passes: false,
    remedy: 'Compare the subscription with schemas/subscriptions.ts.',
  },
  10: { name: 'ABORTED', passes: true, remedy: LATER },
  11: { name: 'OUT_OF_RANGE', passes: false, remedy: 'Check the settings against the limits of Pub/Sub.' },
  12: {
    name: 'UNIMPLEMENTED',
    passes: false,
    remedy: 'The server is not Pub/Sub, or too old: check the endpoint.',
  },
  13: { name: 'INTERNAL', passes: true, remedy: LATER },
  14: { name: 'UNAVAILABLE', passes: true, remedy: 'Check the network and the endpoint.' },
  15: { name: 'DATA_LOSS', passes: true, remedy: LATER },
  16: {
    name: 'UNAUTHENTICATED',
    passes: false,
    remedy: 'Give credentials: gcloud auth application-default login, or a service account.',
  },
};

/** Codes worth trying again at once. */
export const PASSING_CODES: readonly number[] = Object.entries(MEANINGS)
  .filter(([, { passes }]) => passes)
  .map(([code]) => Number(code));

export const NOT_FOUND = 5;
export const ALREADY_EXISTS = 6;
export const PERMISSION_DENIED = 7;
const MAX_DETAIL = 300;

/** gRPC code of anything thrown; undefined where it has none. */
export function codeOf(thrown: unknown): number | undefined {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** The project's error for what a call threw. `doing` continues "Expected Pub/Sub to …". Holds no message and no credential. */
export function pubSubError(thrown: unknown, doing: string): ConfigError | UpstreamError {
  if (thrown instanceof ConfigError || thrown instanceof UpstreamError) return thrown;
  const code = codeOf(thrown);
  const meaning = code === undefined ? undefined : MEANINGS[code];
  const detail = detailOf(thrown);
  if (!meaning) {
    // The authentication library throws before any call is made.
    return /credential/i.test(detail)
      ? new ConfigError(`Expected credentials to ${doing}, got none. ${MEANINGS[16]!.remedy}`)
      : new UpstreamError(`Expected Pub/Sub to ${doing}, got: ${detail}. ${LATER}`);
  }
  const text = `Expected Pub/Sub to ${doing}, got ${meaning.name}: ${detail}. ${meaning.remedy}`;
  return meaning.passes ? new UpstreamError(text) : new ConfigError(text);
}

/** The authentication library throws before any call is made, and its texts tell of files, not of what they hold. */
export function noCredentials(thrown: unknown): ConfigError {
  return new ConfigError(
    `Expected credentials for Pub/Sub, got none: ${detailOf(thrown)}. ${MEANINGS[16]!.remedy}`,
    { cause: thrown },
  );
}

function detailOf(thrown: unknown): string {
  const details =
    typeof thrown === 'object' && thrown !== null && 'details' in thrown ? thrown.details : undefined;
  const text = typeof details === 'string' && details !== '' ? details : messageOf(thrown);
  return text
    .replaceAll(/(ya29\.|Bearer )\S+/g, '…')
    .slice(0, MAX_DETAIL)
    .replace(/\.$/, '');
}
