/** Who may ask, and what a browser may do with the answers. Pure. */
import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { isSameText } from '../../functions/bearer.ts';
import { ConfigError } from '../../schemas/errors.ts';
import { HOUR_MS } from '../../schemas/primitives.ts';

/** On every answer: nothing of others is loaded, nobody frames it, nothing is guessed, no page of others reads it. */
export const SECURITY_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const LOOPBACK = ['localhost', '127.0.0.1', '::1'];
const EVERYWHERE = ['0.0.0.0', '::'];
/** Shorter ones can be guessed. */
const MIN_TOKEN = 16;
const COOKIE = 'cst_dashboard';
const SESSION_MS = 24 * HOUR_MS;

export function isLoopback(host: string): boolean {
  return LOOPBACK.includes(host);
}

/**
 * Whether the name a browser asked for is one of ours: a name of somebody else's that is made to point here (DNS
 * rebinding) would give his page our answers.
 * @param bound What the server listens on. On all addresses, each of them is ours, and no name but localhost.
 */
export function isOurHost(header: string | undefined, bound: string): boolean {
  const host = hostOf(header);
  if (host === null) return false;
  if (isLoopback(bound)) return isLoopback(host);
  return (
    host === bound.toLowerCase() || (EVERYWHERE.includes(bound) && (isLoopback(host) || isIP(host) !== 0))
  );
}

/** Whether our own page asks, or no page at all: neither one of another site nor of another port. */
export function isOurOrigin({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  return origin === undefined || origin.replace(/^https?:\/\//, '').toLowerCase() === host?.toLowerCase();
}

/** Without its port; null where it is none. */
function hostOf(header: string | undefined): string | null {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d+)?$/i.exec(header ?? '') ?? [];
  return (bracketed ?? plain)?.toLowerCase() ?? null;
}

/** Tells who has the token, by `Authorization: Bearer` or by the cookie that they got for it. */
export class Access {
  readonly #token: string | null;

  /** @param token Null: everybody may. @throws ConfigError where it is too short to be one. */
  constructor(token: string | null) {
    if (token !== null && token.length < MIN_TOKEN) {
      throw new ConfigError(
        `Expected CST_DASHBOARD_TOKEN of at least ${MIN_TOKEN} characters, got ${token.length}. Set a longer one, e.g. $(openssl rand -hex 16).`,
      );
    }
    this.#token = token;
  }

  get isNeeded(): boolean {
    return this.#token !== null;
  }

  isToken(text: string): boolean {
    return this.#token !== null && isSameText(text, this.#token);
  }

  isGranted({ authorization = '', cookie = '' }: IncomingHttpHeaders, now: number): boolean {
    if (this.#token === null) return true;
    if (isSameText(authorization, `Bearer ${this.#token}`)) return true;
    const session = new RegExp(`(?:^|;\\s*)${COOKIE}=(\\d{1,16})\\.([0-9a-f]{64})(?:;|$)`).exec(cookie);
    if (session === null) return false;
    const [, until, proof] = session as unknown as [string, string, string];
    return isSameText(proof, this.#proof(until)) && Number(until) > now;
  }

  /** Of a cookie that holds for a day, or (null) of none. It proves the token without telling it. */
  cookie(now: number | null): string {
    const until = String((now ?? 0) + SESSION_MS);
    const value = now === null ? '' : `${until}.${this.#proof(until)}`;
    const age = now === null ? 0 : SESSION_MS / 1_000;
    return `${COOKIE}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${age}`;
  }

  #proof(until: string): string {
    return createHmac('sha256', this.#token ?? '')
      .update(`dashboard session until ${until}`)
      .digest('hex');
  }
}
