import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { openEmbeddedBus } from '../../connectors/bus/embedded.ts';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { filesFinding, judgedDisk, nodeFinding, portFinding } from './machine.ts';
import { restFindings, skewFinding, webSocketFinding } from './online.ts';
import { allOf } from './run.ts';
import { secretFindings } from './secrets.ts';
import { stateFindings } from './state.ts';

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});
async function serve(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.address() as AddressInfo).port;
}

const LIMITS = (most: number) =>
  `Limit      Soft Limit  Hard Limit\nMax open files   ${most}    20000   files\n`;

describe('the machine', () => {
  it.each([
    ['an old Node', nodeFinding('22.9.0'), 'stop'],
    ['the Node it is pinned to', nodeFinding('24.21.0'), 'ok'],
    ['room on the disk', judgedDisk(5e9, '/x'), 'ok'],
    ['little room', judgedDisk(5e9 - 1, '/x'), 'warning'],
    ['none', judgedDisk(2e8 - 1, '/x'), 'stop'],
    ['files enough', filesFinding(LIMITS(1_024)), 'ok'],
    ['few files', filesFinding(LIMITS(256)), 'warning'],
    ['a system that tells no limit', filesFinding(''), 'ok'],
    ['a clock that agrees', skewFinding(-1_999), 'ok'],
    ['a clock that is ahead', skewFinding(2_000), 'warning'],
    ['a clock that is far behind', skewFinding(-4_000), 'stop'],
  ])('of %s is judged, with a remedy', (_, finding, level) => {
    expect(finding.level).toBe(level);
    expect(finding.remedy === undefined).toBe(level === 'ok');
  });

  it('tells of a port that is taken where it was asked for', async () => {
    const port = await serve(createServer());
    expect(await portFinding(port, 'start.healthPort')).toMatchObject({
      level: 'stop',
      what: `port ${port} is taken`,
      remedy: expect.stringContaining('set start.healthPort to another'),
    });
    expect(await portFinding(port, null)).toMatchObject({ level: 'ok' });
  });
});

describe('secrets', () => {
  const TOKEN = `123456789:${'A'.repeat(35)}`;
  const NONE = { chats: undefined, hasAccount: false };
  const worst = (environment: Record<string, string>, needs: Parameters<typeof secretFindings>[1] = NONE) =>
    secretFindings(environment, needs).filter(({ level }) => level !== 'ok');

  it('are not needed', () => expect(worst({})).toEqual([]));

  it.each<[string, Record<string, string>, Parameters<typeof secretFindings>[1], RegExp]>([
    [
      'a token of another form',
      { CST_TELEGRAM_TOKEN: 'hidden' },
      NONE,
      /CST_TELEGRAM_TOKEN is not of the form/,
    ],
    ['a token without chats', { CST_TELEGRAM_TOKEN: TOKEN }, NONE, /Expected CST_TELEGRAM_CHATS/],
    [
      'a key without its secret',
      { CST_BYBIT_KEY: 'hidden' },
      NONE,
      /Expected the API secret of Bybit, got none/,
    ],
    [
      'a book without an account',
      {},
      { ...NONE, hasAccount: true },
      /Expected the API key of Bybit, got none/,
    ],
    [
      'a key with spaces',
      { CST_BYBIT_KEY: 'hid den', CST_BYBIT_SECRET: 'hidden' },
      NONE,
      /characters that none has/,
    ],
    ['a short token of the dashboard', { CST_DASHBOARD_TOKEN: 'hidden' }, NONE, /at least 8 characters/],
    [
      'a webhook secret of other letters',
      { CST_TELEGRAM_WEBHOOK_SECRET: 'hidden hidden hidden' },
      NONE,
      /16 to 256/,
    ],
    ['a heartbeat that is no address', { CST_DEADMAN_URL: 'hidden' }, NONE, /CST_DEADMAN_URL/],
    ['a file that is not there', { CST_DASHBOARD_TOKEN_FILE: '/nowhere/token' }, NONE, /ENOENT/],
  ])('are told of where there is %s, and never shown', (_, environment, needs, message) => {
    const findings = worst(environment, needs);
    expect(findings.map(({ level }) => level)).toEqual(['stop']);
    expect(findings[0]!.what).toMatch(message);
    expect(JSON.stringify(findings)).not.toMatch(/hidden|hid den/);
  });

  it('are well where they are complete', () => {
    expect(worst({ CST_TELEGRAM_TOKEN: TOKEN }, { ...NONE, chats: ['42'] })).toEqual([]);
    expect(worst({ CST_BYBIT_KEY: 'k', CST_BYBIT_SECRET: 's' })).toEqual([]);
  });
});

describe('state of an earlier stack', () => {
  function folder(): string {
    const dir = mkdtempSync(join(tmpdir(), 'doctor-'));
    mkdirSync(join(dir, 'live/bus'), { recursive: true });
    return dir;
  }

  it('is nothing, or sound', async () => {
    expect(await stateFindings(join(tmpdir(), 'nowhere'))).toMatchObject([{ level: 'ok' }]);
    expect(await stateFindings(folder())).toMatchObject([
      { level: 'ok', what: expect.stringMatching(/ is sound$/) },
    ]);
  });

  it('is left alone while a stack runs on it', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'live/state.sqlite'), 'damaged'.repeat(1_000));
    const bus = await openEmbeddedBus({ dir: join(dir, 'live/bus'), clock: systemClock });
    expect(await stateFindings(dir)).toEqual([
      { check: 'state', level: 'ok', what: `${join(dir, 'live')} is used by a stack that runs` },
    ]);
    await bus.close();
    expect(await stateFindings(dir)).toMatchObject([{ level: 'stop' }]);
  });

  it.each(['state.sqlite', 'history.duckdb'])(
    'is damaged in %s: which file, and where to put it',
    async (name) => {
      const dir = folder();
      const path = join(dir, 'live', name);
      writeFileSync(path, 'damaged'.repeat(1_000));
      const [finding, ...others] = await stateFindings(dir);
      expect(others).toEqual([]);
      expect(finding).toMatchObject({
        level: 'stop',
        remedy: expect.stringContaining(`mv ${path} damaged/`),
      });
      expect(finding!.what).toContain(path);
    },
  );

  it('holds messages that wait for a bus', async () => {
    const dir = folder();
    mkdirSync(join(dir, 'live/spill/raw-tick-data'), { recursive: true });
    writeFileSync(join(dir, 'live/spill/raw-tick-data/500000000000.spill'), 'x'.repeat(7));
    expect(await stateFindings(dir)).toMatchObject([
      { level: 'warning', what: `7 bytes of messages wait in ${join(dir, 'live/spill')}` },
    ]);
  });
});

describe('what is outside', () => {
  const THEIRS = Date.UTC(2026, 0, 1);

  it('is reached, and its clock is compared with ours', async () => {
    const server = createServer((_, response) =>
      response.setHeader('date', new Date(THEIRS).toUTCString()).end(),
    );
    new WebSocketServer({ server });
    const port = await serve(server);
    const exchange = { venue: 'bybit', restUrl: `http://127.0.0.1:${port}`, wsUrl: `ws://127.0.0.1:${port}` };
    const levels = async (ms: number) =>
      (await restFindings(exchange, new ManualClock(ms))).map(({ level }) => level);
    expect(await levels(THEIRS + 400)).toEqual(['ok', 'ok']);
    expect(await levels(THEIRS + 60_000)).toEqual(['ok', 'stop']);
    expect(await webSocketFinding(exchange)).toMatchObject({ level: 'ok' });
  });

  it('is not there, and says which', async () => {
    const server = createServer();
    const here = `127.0.0.1:${await serve(server)}`;
    await new Promise((closed) => server.close(closed));
    const exchange = { venue: 'bybit', restUrl: `http://${here}`, wsUrl: `ws://${here}` };
    const all = [...(await restFindings(exchange, systemClock)), await webSocketFinding(exchange)];
    expect(all.map(({ what }) => what)).toEqual([
      `REST of http://${here} is not reached: ECONNREFUSED`,
      `WebSocket of ws://${here} is not reached: ECONNREFUSED`,
    ]);
  });
});

it('goes on where a check fails', async () => {
  const check = () => {
    throw new Error('no such file');
  };
  expect(await allOf([check, () => nodeFinding('24.0.0')])).toMatchObject([
    { level: 'warning', what: 'a check failed: no such file' },
    { level: 'ok' },
  ]);
});

it('ends with 1 where something stops work, as lines and as JSON', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'doctor-'));
  writeFileSync(join(cwd, 'cst.json'), '{"signals": {"risc": {}}}');
  const main = resolve(import.meta.dirname, '../main.ts');
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [main, 'doctor', ...words], { cwd, encoding: 'utf8' });
  const json = run('--json');
  expect([json.status, json.stderr]).toEqual([1, '']);
  const { ok, findings } = JSON.parse(json.stdout);
  expect(ok).toBe(false);
  expect(findings).toContainEqual({
    check: 'settings',
    level: 'stop',
    what: expect.stringContaining('there is no "signals.risc". Did you mean "risk"?'),
    why: 'Commands that read settings do not start.',
    remedy: 'cst config check',
  });
  expect(run().stdout).toMatch(/✗ settings .*\n {12}why: .*\n {12}do: {2}cst config check\n/);
});
