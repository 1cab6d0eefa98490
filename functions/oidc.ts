/** Whether Google itself calls for one of our accounts: Pub/Sub, Scheduler and Tasks sign each request with an OIDC token. */
import type { IncomingMessage } from 'node:http';
import { type LoginTicket, OAuth2Client } from 'google-auth-library';
import { networkCode } from '../connectors/network-code.ts';
import { ConfigError, messageOf, UpstreamError } from '../schemas/errors.ts';

export interface OidcOptions {
  /** `aud` of the tokens: what the subscription, the timer or the queue was told to sign for. */
  readonly audience: string;
  /** E-mails of the service accounts that may call. */
  readonly callers: readonly string[];
  /** Certificates of the issuer, PEM by key id; default Google's. */
  readonly certsUrl?: string | undefined;
}

export type Authorize = (request: Pick<IncomingMessage, 'headers'>) => Promise<boolean>;

const ISSUERS = ['https://accounts.google.com', 'accounts.google.com'];
/** Unit: ms. */
const CERTS_TIMEOUT_MS = 5_000;
const JWT = /^Bearer ([\w-]{2,2000}\.[\w-]{2,4000}\.[\w-]{2,2000})$/i;

/**
 * Checks `Authorization: Bearer <token>`: signature, audience, issuer, times (5 minutes of skew), account. A token that is
 * not right is a no; the answer is thrown as UpstreamError where Google's certificates cannot be had.
 * @throws ConfigError where nobody could ever be let in.
 */
export function oidcOf({ audience, callers, certsUrl }: OidcOptions): Authorize {
  if (audience === '' || callers.length === 0) {
    throw new ConfigError('Expected an audience and at least one account that may call, got none.');
  }
  const client = new OAuth2Client({
    transporterOptions: { timeout: CERTS_TIMEOUT_MS },
    ...(certsUrl === undefined ? {} : { endpoints: { oauth2FederatedSignonPemCertsUrl: certsUrl } }),
  });
  return async ({ headers }) => {
    const token = JWT.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) return false;
    const certs = await certsOf(client);
    const ticket = await client.verifySignedJwtWithCertsAsync(token, certs, audience, ISSUERS).catch(refused);
    const { email, email_verified: isVerified } = ticket?.getPayload() ?? {};
    return isVerified === true && email !== undefined && callers.includes(email);
  };
}

/** What is wrong with it is told to nobody: the reason repeats the token. */
function refused(): LoginTicket | undefined {
  return undefined;
}

async function certsOf(client: OAuth2Client) {
  try {
    return (await client.getFederatedSignonCertsAsync()).certs;
  } catch (cause) {
    const reason = networkCode(cause) ?? messageOf(cause);
    throw new UpstreamError(
      `Expected the certificates of Google’s tokens, got: ${reason}. Let this service reach www.googleapis.com.`,
    );
  }
}
