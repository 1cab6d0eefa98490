import { expect, it } from 'vitest';
import { type SecretNeeds, secretFindings } from './secrets.ts';

const TOKEN = `123456789:${'A'.repeat(35)}`;
const NONE: SecretNeeds = { dashboard: {}, telegram: {}, broker: {}, hasAccount: false };
const worst = (environment: Record<string, string>, needs: SecretNeeds = NONE) =>
  secretFindings(environment, needs).filter(({ level }) => level !== 'ok');

it('are not needed', () => expect(worst({})).toEqual([]));

it.each<[string, Record<string, string>, Partial<SecretNeeds>, RegExp]>([
  [
    'a token of another form',
    { CST_TELEGRAM_TOKEN: 'hidden', CST_TELEGRAM_CHATS: '42' },
    {},
    /^Expected a bot token such as/,
  ],
  ['a token without chats', { CST_TELEGRAM_TOKEN: TOKEN }, {}, /^Expected CST_TELEGRAM_CHATS/],
  [
    'a key without its secret',
    { CST_BYBIT_KEY: 'hidden' },
    { hasAccount: true, broker: { enabled: true } },
    /^Expected the API secret of Bybit, got none/,
  ],
  [
    'a book without an account',
    {},
    { hasAccount: true, broker: { enabled: true } },
    /^Expected the API key of Bybit, got none/,
  ],
  [
    'a book of an account whose orders may not leave',
    { CST_BYBIT_KEY: 'hidden', CST_BYBIT_SECRET: 'hidden' },
    { hasAccount: true },
    /^Real orders are off\. Set broker\.enabled/,
  ],
  [
    'a key with spaces',
    { CST_BYBIT_KEY: 'hid den', CST_BYBIT_SECRET: 'hidden' },
    { hasAccount: true, broker: { enabled: true } },
    /characters that none has/,
  ],
  [
    'a token of the dashboard that a stack would refuse',
    { CST_DASHBOARD_TOKEN: 'hidden-12345678' },
    {},
    /^Expected CST_DASHBOARD_TOKEN of at least 16 characters, got 15/,
  ],
  [
    'a dashboard for all without a token',
    {},
    { dashboard: { dashboardHost: '0.0.0.0' } },
    /^Expected CST_DASHBOARD_TOKEN .* with --dashboard-host 0\.0\.0\.0, got neither/,
  ],
  [
    'a webhook secret of other letters',
    { CST_TELEGRAM_WEBHOOK_SECRET: 'hidden hidden hidden' },
    {},
    /16 to 256/,
  ],
  ['a heartbeat that is no address', { CST_DEADMAN_URL: 'hidden' }, {}, /^Expected CST_DEADMAN_URL/],
  ['a file that is not there', { CST_DASHBOARD_TOKEN_FILE: '/nowhere/token' }, {}, /ENOENT for \/nowhere/],
])('are told of where there is %s, and never shown', (_, environment, needs, message) => {
  const findings = worst(environment, { ...NONE, ...needs });
  expect(findings.map(({ level }) => level)).toEqual(['stop']);
  expect(findings[0]!.what).toMatch(message);
  expect(JSON.stringify(findings)).not.toMatch(/hidden|hid den/);
});

it('are well where they are complete', () => {
  expect(worst({ CST_TELEGRAM_TOKEN: TOKEN }, { ...NONE, telegram: { chats: ['42'] } })).toEqual([]);
  expect(worst({ CST_BYBIT_KEY: 'k', CST_BYBIT_SECRET: 's' })).toEqual([]);
  expect(worst({ CST_DASHBOARD_TOKEN: '0123456789abcdef' })).toEqual([]);
});

it('are a warning where nothing needs them', () => {
  expect(worst({ CST_BYBIT_KEY: 'k' }).map(({ level }) => level)).toEqual(['warning']);
});

it('are no matter where there is no dashboard', () => {
  const dashboard = { dashboard: false, dashboardHost: '0.0.0.0' };
  expect(worst({ CST_DASHBOARD_TOKEN: 'short' }, { ...NONE, dashboard })).toEqual([]);
});
