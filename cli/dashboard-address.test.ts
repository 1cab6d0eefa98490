import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Access } from '../dashboard/server/security.ts';
import { dashboardAddressOf } from './dashboard-address.ts';

const TOKEN = 'correct horse battery staple';
const dir = mkdtempSync(join(tmpdir(), 'token-'));
afterAll(() => rmSync(dir, { recursive: true }));

it('is this machine alone, on a port that may be another, where nothing is said', () => {
  expect(dashboardAddressOf({ dashboard: true }, {})).toEqual({
    host: '127.0.0.1',
    port: 8_484,
    isPortFlexible: true,
    access: new Access(null),
    isOpened: false,
    replays: undefined,
  });
});

it('is none after --no-dashboard, whatever else is said', () => {
  expect(dashboardAddressOf({ dashboard: false, dashboardHost: '0.0.0.0' }, {})).toBeNull();
});

it('is the port that was named, and no other', () => {
  expect(dashboardAddressOf({ dashboardPort: 9_000 }, {})).toMatchObject({
    port: 9_000,
    isPortFlexible: false,
  });
});

it('is another host with a token alone, which is in the environment or a file', () => {
  const flags = { dashboardHost: '0.0.0.0' };
  const file = join(dir, 'token');
  writeFileSync(file, `${TOKEN}\n`);
  expect(() => dashboardAddressOf(flags, {})).toThrow(
    'Expected CST_DASHBOARD_TOKEN (or CST_DASHBOARD_TOKEN_FILE) with --dashboard-host 0.0.0.0, got neither.',
  );
  for (const environment of [{ CST_DASHBOARD_TOKEN: TOKEN }, { CST_DASHBOARD_TOKEN_FILE: file }]) {
    const { access } = dashboardAddressOf(flags, environment)!;
    expect([access.isNeeded, access.isToken(TOKEN), access.isToken(`${TOKEN}x`)]).toEqual([
      true,
      true,
      false,
    ]);
  }
  expect(() => dashboardAddressOf(flags, { CST_DASHBOARD_TOKEN: 'short' })).toThrow(
    'Expected CST_DASHBOARD_TOKEN of at least 16 characters, got 5.',
  );
  const both = { CST_DASHBOARD_TOKEN: TOKEN, CST_DASHBOARD_TOKEN_FILE: file };
  expect(() => dashboardAddressOf(flags, both)).toThrow(/got both/);
  expect(() => dashboardAddressOf(flags, { CST_DASHBOARD_TOKEN_FILE: join(dir, 'none') })).toThrow('ENOENT');
});
