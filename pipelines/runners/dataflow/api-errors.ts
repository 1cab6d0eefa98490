/** Answers of Google's APIs that are no answer, in the house's errors: what was refused, and what to do. */
import { z } from 'zod';
import { ConfigError, UpstreamError } from '../../../schemas/errors.ts';

export interface Refusal {
  /** What was asked for, in words: `create the job crypto-signals`. */
  readonly what: string;
  readonly status: number;
  /** As it came; JSON where the service itself answered. */
  readonly body: string;
}

const Envelope = z.object({
  error: z.object({
    message: z.string().default(''),
    status: z.string().optional(),
    errors: z.array(z.object({ reason: z.string().optional() })).optional(),
    details: z.array(z.object({ reason: z.string().optional() })).optional(),
  }),
});

/** Worth another attempt: the same request may be taken later. */
export function isTransient({ status, body }: Refusal): boolean {
  return status === 408 || status === 429 || status >= 500 || (status === 403 && isQuota(body));
}

/** Quota speaks as 429 in one API and as 403 in another. */
function isQuota(body: string): boolean {
  return /rateLimitExceeded|quotaExceeded|RATE_LIMIT_EXCEEDED|RESOURCE_EXHAUSTED/.test(body);
}

/** ConfigError where a person must change something, UpstreamError where time may help. */
export function errorOf(refusal: Refusal): ConfigError | UpstreamError {
  const { what, status, body } = refusal;
  const told = `Cannot ${what}: ${saidIn(body) || 'no reason given'} (HTTP ${status}).`;
  const remedy = remedyOf(refusal);
  if (isTransient(refusal)) return new UpstreamError(`${told} ${remedy}`);
  return new ConfigError(`${told} ${remedy}`);
}

function remedyOf(refusal: Refusal): string {
  const { status, body } = refusal;
  if (status === 429 || isQuota(body)) {
    return 'A quota of the project is used up: wait, lower --max-workers, or ask for more under IAM & Admin → Quotas.';
  }
  if (isTransient(refusal)) return 'The service did not take it in several attempts: try again in a while.';
  if (status === 401) return CREDENTIALS_HELP;
  if (status === 403 && /SERVICE_DISABLED|has not been used|is disabled/i.test(body)) {
    return 'Enable the API: gcloud services enable dataflow.googleapis.com storage.googleapis.com pubsub.googleapis.com.';
  }
  if (status === 403) {
    return 'Whoever deploys needs roles/dataflow.developer, roles/iam.serviceAccountUser on the workers’ account, and roles/storage.objectUser on the staging bucket.';
  }
  if (status === 404) return 'Check --project, --region and the bucket: what is named must exist there.';
  if (status === 409)
    return 'A job of this name runs already: --update replaces it, --drain ends it, --job-name names another.';
  if (status === 413) return 'The job is too large: fewer symbols or less --history.';
  return 'Correct what the service names.';
}

/** How to become somebody; never a key in an argument. */
export const CREDENTIALS_HELP =
  'Give credentials: `gcloud auth application-default login`, or GOOGLE_APPLICATION_CREDENTIALS=<key file>; on Google Cloud the machine’s service account is used.';

function saidIn(body: string): string {
  try {
    return Envelope.parse(JSON.parse(body)).error.message.trim().replace(/\.$/, '');
  } catch {
    return body
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim()
      .slice(0, 300);
  }
}
