/** Whether a request carries a secret, told in the same time for any wrong one. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ConfigError } from '../schemas/errors.ts';

/** Shorter ones can be guessed. */
const MIN_SECRET = 16;

/** Checks `Authorization: Bearer <secret>`. @throws ConfigError where the secret is too short to be one. */
export function bearerOf(secret: string): (request: Pick<IncomingMessage, 'headers'>) => boolean {
  if (secret.length < MIN_SECRET) {
    throw new ConfigError(
      `Expected a secret of at least ${MIN_SECRET} characters, got ${secret.length}. Set a longer one.`,
    );
  }
  return ({ headers }) => isSameText(headers.authorization ?? '', `Bearer ${secret}`);
}

/** Compares digests, so that neither the place of the first difference nor the length shows in the time it takes. */
export function isSameText(got: string, wanted: string): boolean {
  return timingSafeEqual(digest(got), digest(wanted));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
