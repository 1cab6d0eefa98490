import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openEmbeddedBus } from '../../connectors/bus/embedded.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { type AskedPort, clashFindings, portFinding, portsOf } from './ports.ts';
import { freePort, serve } from './serve.fixture.ts';

const HEALTH = { host: '0.0.0.0', setting: 'start.healthPort', isVital: true };
const DASHBOARD = { host: '127.0.0.1', setting: 'dashboard.port', isVital: false };
const ANY = { ...DASHBOARD, setting: null };
const look = (asked: AskedPort, folders: readonly string[] = []) => portFinding(asked, { folders });
/** Only Linux tells who listens. */
const byUs = process.platform === 'linux' ? ` by process ${process.pid} (node)` : '';

it('are those that settings ask for, and the dashboard’s own where they ask for none', () => {
  const port = 8_484;
  expect(portsOf({})).toEqual([{ ...ANY, port }]);
  expect(portsOf({ dashboard: { enabled: false, port: 1 }, start: { healthPort: 2 } })).toEqual([
    { ...HEALTH, port: 2 },
  ]);
  expect(portsOf({ dashboard: { host: '::1', port: 9 }, relay: { healthPort: 0 } })).toEqual([
    { ...DASHBOARD, host: '::1', port: 9 },
  ]);
  expect(portsOf({ dashboard: { port: 0 } })).toEqual([]);
});

it('are asked for twice', () => {
  const asked = portsOf({ dashboard: { port: 9 }, start: { healthPort: 9 }, relay: { healthPort: 8 } });
  expect(clashFindings(asked)).toMatchObject([
    {
      level: 'warning',
      what: 'port 9 is asked for twice: dashboard.port and start.healthPort',
      remedy: 'set dashboard.port to another port',
    },
  ]);
  expect(clashFindings(portsOf({ start: { healthPort: 8_484 } }))).toEqual([]);
});

it('are free', async () => {
  const port = await freePort();
  expect(await look({ ...HEALTH, port })).toMatchObject({
    level: 'ok',
    what: `port ${port} is free for start.healthPort`,
  });
});

it('are taken, and by whom: a stop for what cannot go on without', async () => {
  const { port } = await serve();
  expect(await look({ ...HEALTH, host: '127.0.0.1', port })).toEqual({
    check: 'port',
    level: 'stop',
    what: `port ${port} is taken${byUs}`,
    why: 'start.healthPort asks for it. What wants it does not start without.',
    remedy: expect.stringMatching(/^set start\.healthPort to another port; or (kill \d+|sudo lsof .*)/),
  });
  expect(await look({ ...DASHBOARD, port })).toMatchObject({
    level: 'warning',
    why: 'dashboard.port asks for it. The stack would run, but there would be no dashboard.',
    remedy: expect.stringMatching(/^set dashboard\.port to another port, or leave it out; or /),
  });
  expect(await look({ ...ANY, port })).toMatchObject({
    level: 'ok',
    what: `port ${port} is taken${byUs}: the dashboard takes another, and says which`,
  });
});

it('are no matter where the stack of the folder has them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  const bus = await openEmbeddedBus({ dir: join(folder, 'bus'), clock: systemClock });
  const { port } = await serve();
  const finding = await look({ ...DASHBOARD, port }, [folder]);
  expect(finding.level).toBe('ok');
  expect(finding.what).toContain(folder);
  await bus.close();
});

it.each([
  ['EACCES', 'port 80 may not be opened by this user: EACCES', /^set dashboard\.port to a port from 1024 on/],
  ['EADDRNOTAVAIL', 'port 80 cannot be opened at 127.0.0.1: EADDRNOTAVAIL', /^set dashboard\.host to 127/],
])('are not to be had here: %s', async (code, what, remedy) => {
  const asked = { ...DASHBOARD, port: 80 };
  const finding = await portFinding(asked, { folders: [], open: async () => code });
  expect(finding).toMatchObject({ level: 'warning', what, remedy: expect.stringMatching(remedy) });
});

it('are not to be had at an address of others', async () => {
  const asked = { ...DASHBOARD, host: '192.0.2.1', port: await freePort() };
  expect(await look(asked)).toMatchObject({
    level: 'warning',
    what: expect.stringMatching(/at 192\.0\.2\.1: E/),
  });
});
