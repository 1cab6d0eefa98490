import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../connectors/clock/manual.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { Settings } from '../config/schema.ts';
import { type Check, findingsOf } from './checks.ts';
import { CHECK_NAMES, type Finding, found, ok } from './finding.ts';
import { type AllSettings, dirsOf, exchangeOf, venueFinding, writtenDirsOf } from './needs.ts';
import { freePort, serve } from './serve.fixture.ts';
import { findingText, sumText } from './text.ts';

const WELL = ok('node', 'Node 24');
async function told(checks: readonly Check[], clock: Clock = systemClock, patienceMs = 60_000) {
  const findings: Finding[] = [];
  for await (const finding of findingsOf(checks, { clock, patienceMs })) findings.push(finding);
  return findings;
}

describe('checks', () => {
  it('go on where one fails, in their order', async () => {
    const fails = () => {
      throw new Error('no such file.');
    };
    const later = new Promise<typeof WELL>((done) => setImmediate(() => done(WELL)));
    expect(
      await told([
        { of: 'the disk', run: fails },
        { of: 'x', run: () => later },
        { of: 'y', run: () => [] },
      ]),
    ).toMatchObject([
      { check: 'doctor', level: 'warning', what: 'the disk could not be looked at: no such file' },
      WELL,
    ]);
  });

  it('do not wait for one that never ends', async () => {
    const clock = new ManualClock(0);
    const findings = told([{ of: 'the disk', run: () => new Promise(() => {}) }], clock, 25_000);
    await clock.advanceTo(25_000);
    expect(await findings).toMatchObject([
      { what: 'the disk could not be looked at: it took more than 25 s' },
    ]);
  });
});

describe('settings', () => {
  const settings = (values: object): AllSettings => ({ ...Settings.parse({}), ...values }) as AllSettings;
  const desk = (venue: string) => ({ desk: Settings.parse({ desk: { venue } }).desk });

  it('name the exchange that is asked: the relay’s', () => {
    expect(exchangeOf(settings({}))).toMatchObject({ venue: 'bybit', restUrl: 'https://api.bybit.com' });
    expect(exchangeOf(settings({ ...desk('kraken'), relay: { restUrl: 'http://a.b' } }))).toMatchObject({
      venue: 'bybit',
      restUrl: 'http://a.b',
    });
    expect(exchangeOf(settings({ relay: { venue: 'kraken', wsUrl: 'ws://a.b' } }))).toMatchObject({
      venue: 'kraken',
      wsUrl: 'ws://a.b',
      restUrl: 'https://api.kraken.com',
    });
  });

  it('name two exchanges where only one is read', () => {
    expect(venueFinding(settings({}))).toEqual([]);
    expect(venueFinding(settings({ ...desk('kraken'), relay: { venue: 'kraken' } }))).toEqual([]);
    expect(venueFinding(settings(desk('kraken')))).toMatchObject([
      {
        level: 'warning',
        what: 'desk.venue is kraken, and relay.venue is bybit',
        remedy: expect.stringMatching(/^set desk\.venue to bybit; or, .*, relay\.venue to kraken$/),
      },
    ]);
  });

  it('name the folders', () => {
    expect(dirsOf(settings({}), undefined)).toEqual(['.cst']);
    const named = settings({ start: { dir: 'a', record: 'r' }, run: { dir: 'a' }, relay: { dir: 'b' } });
    expect(dirsOf(named, undefined)).toEqual(['a', 'b']);
    expect(dirsOf(named, 'c')).toEqual(['c']);
    expect(writtenDirsOf(named, ['a', 'b'])).toEqual(['a', 'b', 'r']);
  });
});

describe('findings as text', () => {
  const bad = found('disk', 'stop', {
    what: `nothing can be written in /a/very/long/path/of/some/${'x'.repeat(40)}`,
    why: 'Bus, state and history of a stack are files; without them it does not start.',
    remedy: 'chown it',
  });

  it('are a line for each part where nobody looks', () => {
    expect(stripVTControlCharacters(findingText(bad)).split('\n')).toEqual([
      `✗ disk      ${bad.what}`,
      `            why: ${bad.why}`,
      '            do:  chown it',
    ]);
    expect(sumText([WELL, bad], false)).toBe(
      '1 to mend, 0 to know. Exchange, accounts and cloud were not asked: cst doctor --online.',
    );
  });

  it('stand below each other in a narrow terminal, with paths whole', () => {
    const lines = stripVTControlCharacters(findingText(bad, 60)).split('\n');
    expect(lines).toEqual([
      '✗ disk      nothing can be written in',
      `            ${bad.what.slice(26)}`,
      '            why: Bus, state and history of a stack are',
      '                 files; without them it does not start.',
      '            do:  chown it',
    ]);
  });
});

describe('cst doctor', () => {
  const MAIN = resolve(import.meta.dirname, '../main.ts');
  async function doctor(
    settings: object,
    words: readonly string[] = [],
    environment: Record<string, string> = {},
  ) {
    const cwd = mkdtempSync(join(tmpdir(), 'doctor-'));
    writeFileSync(join(cwd, 'my.json'), JSON.stringify(settings));
    const child = spawn(process.execPath, [MAIN, 'doctor', '--config', 'my.json', ...words], {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (bytes) => (said[name] += bytes));
    const [status] = await once(child, 'close');
    return { status, ...said };
  }

  it.concurrent('ends with 4 where settings are wrong, and says so as JSON of one shape', async () => {
    const { status, stdout, stderr } = await doctor({ signals: { risc: { x: 1 } } }, ['--json']);
    expect([status, stderr]).toEqual([4, '']);
    const { ok: isWell, findings, ...others } = JSON.parse(stdout);
    expect([isWell, others]).toEqual([false, {}]);
    for (const finding of findings) {
      expect(Object.keys(finding)).toEqual(['check', 'level', 'what', 'why', 'remedy']);
      expect(CHECK_NAMES).toContain(finding.check);
      expect([finding.why === null, finding.remedy === null]).toEqual(Array(2).fill(finding.level === 'ok'));
    }
    expect(findings[0]).toEqual({
      check: 'settings',
      level: 'stop',
      what: expect.stringContaining('there is no "signals.risc" (my.json). Did you mean "risk"?'),
      why: 'Commands that read settings do not start.',
      remedy: 'cst config check --config my.json',
    });
  });

  it.concurrent('ends with 4 where a secret is wrong, which is not shown', async () => {
    const { status, stdout } = await doctor({}, [], { CST_DASHBOARD_TOKEN: 'hidden' });
    expect(status).toBe(4);
    expect(stdout).toMatch(
      /✗ dashboard Expected CST_DASHBOARD_TOKEN .*\n {12}why: .*\n {12}do: {2}export CST_/,
    );
    expect(stdout).not.toContain('hidden');
  });

  it.concurrent('ends with 1 where a port is taken that is needed, and 0 where it is the dashboard’s', async ({
    onTestFinished,
  }) => {
    const { port } = await serve(() => {}, onTestFinished);
    const taken = await doctor({ start: { healthPort: port } });
    expect(taken.status).toBe(1);
    expect(taken.stdout).toMatch(new RegExp(`^✗ port      port ${port} is taken`, 'm'));
    const { status, stdout } = await doctor({ dashboard: { port } });
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/^! port .*\n.*there would be no dashboard\.$/m),
    ]);
  });

  it.concurrent('asks the exchange that the settings name, and ends without waiting for it', async () => {
    const relay = {
      restUrl: `http://127.0.0.1:${await freePort()}`,
      wsUrl: `ws://127.0.0.1:${await freePort()}`,
    };
    const { status, stdout } = await doctor({ relay }, ['--online', '--json'], { GOOGLE_CLOUD_PROJECT: '' });
    expect(status).toBe(1);
    const { findings } = JSON.parse(stdout);
    const ofExchange = findings.filter(({ check }: { check: string }) => check === 'exchange');
    expect(ofExchange.map(({ remedy }: { remedy: string }) => remedy.slice(0, 18))).toEqual([
      'set relay.restUrl ',
      'set relay.wsUrl to',
    ]);
  });
});
