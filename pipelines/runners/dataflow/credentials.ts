/** Access tokens of whoever deploys, found as all of Google's tools find them. */
import { GoogleAuth } from 'google-auth-library';
import { ConfigError, messageOf } from '../../../schemas/errors.ts';
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
        throw new ConfigError(`Cannot get credentials: ${messageOf(cause)} ${CREDENTIALS_HELP}`, { cause });
      }
    },
  };
}
