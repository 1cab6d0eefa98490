/** Access tokens of whoever deploys, found as all of Google's tools find them. */
import { GoogleAuth } from 'google-auth-library';
import { ConfigError, messageOf, UpstreamError } from '../../../schemas/errors.ts';
import { CREDENTIALS_HELP } from './api-errors.ts';
import type { TokenSource } from './google-api.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/** Application Default Credentials: environment, gcloud's login, the machine's service account, in this order. */
export function applicationDefault(): TokenSource {
  let auth = new GoogleAuth({ scopes: [SCOPE] });
  return {
    async token(isRefused) {
      // The library keeps a token until it expires; one that was refused before that must go.
      if (isRefused) auth = new GoogleAuth({ scopes: [SCOPE] });
      try {
        const token = await auth.getAccessToken();
        if (token) return token;
        throw new Error('no token');
      } catch (cause) {
        throw credentialsError(cause);
      }
    },
  };
}

/** As the library's messages name what failed below them. */
const NETWORK = /\b(ENOTFOUND|EAI_AGAIN|ECONN[A-Z]+|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b|socket hang up/;

/** Nobody's credentials are wrong where the token service cannot be reached. */
export function credentialsError(cause: unknown): ConfigError | UpstreamError {
  const told = `Cannot get credentials: ${messageOf(cause)}`;
  if (!NETWORK.test(told)) return new ConfigError(`${told} ${CREDENTIALS_HELP}`, { cause });
  return new UpstreamError(`${told}. Check this machine's network.`, { cause });
}
