import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../connectors/clock/system.ts';
import { ConfigError, UpstreamError } from '../schemas/errors.ts';
import { AUDIENCE, CALLER, Issuer } from './oidc.fixture.ts';
import { oidcOf } from './oidc.ts';

const NOW = systemClock.now();
const seconds = (ms: number) => Math.floor(ms / 1000);
const HOUR = 3_600;

let issuer: Issuer;
beforeAll(async () => {
  issuer = await Issuer.start();
});
afterAll(() => issuer.stop());

function ask(authorization: string | undefined, changes: object = {}) {
  const authorize = oidcOf({ audience: AUDIENCE, callers: [CALLER], certsUrl: issuer.certsUrl, ...changes });
  return authorize({ headers: authorization === undefined ? {} : { authorization } });
}

it('lets Google in for the accounts named, and asks for its certificates once', async () => {
  const authorize = oidcOf({
    audience: AUDIENCE,
    callers: ['other@x.iam', CALLER],
    certsUrl: issuer.certsUrl,
  });
  const before = issuer.asked;
  for (const claims of [{}, { iss: 'accounts.google.com' }]) {
    expect(await authorize({ headers: { authorization: `Bearer ${issuer.token(NOW, claims)}` } })).toBe(true);
  }
  expect(issuer.asked - before).toBe(1);
});

it.each([
  ['another audience', { aud: 'https://other.example' }],
  ['several audiences', { aud: [AUDIENCE] }],
  ['no audience', { aud: undefined }],
  ['another issuer', { iss: 'https://evil.example' }],
  ['another account', { email: 'other@project.iam.gserviceaccount.com' }],
  ['no account', { email: undefined }],
  ['an account nobody verified', { email_verified: false }],
  ['an account said to be verified', { email_verified: 'true' }],
  ['a time that is over', { iat: seconds(NOW) - 2 * HOUR, exp: seconds(NOW) - HOUR }],
  ['a time to come', { iat: seconds(NOW) + HOUR, exp: seconds(NOW) + 2 * HOUR }],
  ['no end', { exp: undefined }],
  ['an end in years', { exp: seconds(NOW) + 10_000 * HOUR }],
])('refuses a token of %s', async (_, claims) => {
  expect(await ask(`Bearer ${issuer.token(NOW, claims)}`)).toBe(false);
});

it('refuses what the issuer did not sign', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [header, , signature] = issuer.token(NOW).split('.');
  const [, claims] = issuer.unsigned(NOW, { sub: '2' }).split('.');
  const wrong = [
    issuer.token(NOW, {}, {}, privateKey),
    issuer.token(NOW, {}, { kid: 'k2' }),
    issuer.token(NOW, {}, { kid: '__proto__' }),
    `${header}.${claims}.${signature}`,
    `${issuer.unsigned(NOW, {}, { alg: 'none' })}.`,
    `${issuer.unsigned(NOW, {}, { alg: 'none' })}.AAAA`,
    `${issuer.unsigned(NOW, {}, { alg: 'ES256' })}.${'A'.repeat(86)}`,
    issuer.confused(NOW),
  ];
  for (const token of wrong) expect(await ask(`Bearer ${token}`)).toBe(false);
});

it.each([
  undefined,
  '',
  'Bearer',
  'Bearer ',
  'Bearer a.b',
  'Bearer aa.bb.cc',
  'Basic YTpi',
  'Bearer null',
  `Bearer ${'a.'.repeat(9)}a`,
  `Bearer ${'x'.repeat(9_000)}`,
])('refuses %j', async (authorization) => {
  expect(await ask(authorization)).toBe(false);
});

it('says that it cannot know where the certificates are out of reach', async () => {
  const gone = await Issuer.start();
  const { certsUrl } = gone;
  await gone.stop();
  const asking = ask(`Bearer ${issuer.token(NOW)}`, { certsUrl });
  await expect(asking).rejects.toThrow(UpstreamError);
  await expect(asking).rejects.toThrow('ECONNREFUSED');
  expect(await ask('Bearer garbage', { certsUrl })).toBe(false);
});

it('refuses to be set up so that nobody or everybody could come in', () => {
  expect(() => oidcOf({ audience: '', callers: [CALLER] })).toThrow(ConfigError);
  expect(() => oidcOf({ audience: AUDIENCE, callers: [] })).toThrow(ConfigError);
});
