import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { lockFolder } from '../../connectors/bus/embedded/lock.ts';
import { ManualClock } from '../../connectors/clock/manual.ts';
import type { FeedEvent } from '../../schemas/feed-event.ts';
import { stackStatus } from '../status.fixture.ts';
import type { StackStatus } from '../status.ts';
import { logFeedEvent, logFiles, logMessage, oncePerMinute, stackLog } from './log-file.ts';
import { type LogQuery, LogReader } from './log-reader.ts';
import { sinceOf } from './run.ts';
import { isStarting, keepStatus, readStatus } from './status-file.ts';

const T = Date.UTC(2026, 0, 5, 9, 30);
const MAIN = resolve(import.meta.dirname, '../main.ts');
const at = (ms: number) => new Date(ms).toISOString();
const newFolder = () => mkdtempSync(join(tmpdir(), 'observe-'));
const ALL: LogQuery = { sinceMs: 0, level: 'DEBUG', trace: undefined };
const readLog = async (dir: string, query: LogQuery) => {
  const log = new LogReader(dir, query);
  return log.next().finally(() => log.close());
};
const textOf = async (dir: string, query: LogQuery = ALL) =>
  (await readLog(dir, query)).map(({ message }) => message);

describe('the log of a stack', () => {
  it('is bounded: the newest lines are kept', async () => {
    const dir = newFolder();
    const log = stackLog(dir, new ManualClock(T), 2_000);
    for (let n = 0; n < 100; n++) log('INFO', `line ${n}`);
    const bytes = logFiles(dir).reduce((sum, path) => sum + statSync(path).size, 0);
    expect(bytes).toBeLessThanOrEqual(2_000);
    const kept = await textOf(dir);
    expect(kept.length).toBeGreaterThan(10);
    expect(kept).toEqual(Array.from({ length: 100 }, (_, n) => `line ${n}`).slice(-kept.length));
  });

  it('goes on where an earlier process was killed within a line', async () => {
    const dir = newFolder();
    stackLog(dir, new ManualClock(T))('INFO', 'before');
    appendFileSync(logFiles(dir)[1], '{"severity":"INF');
    stackLog(dir, new ManualClock(T))('INFO', 'after');
    expect(await textOf(dir)).toEqual(['before', 'after']);
  });

  it('ends each file with a whole line, also where that line was cut off', () => {
    const dir = newFolder();
    const [old, current] = logFiles(dir);
    writeFileSync(current, '{"severity":"INF'.padEnd(900, '.'));
    stackLog(dir, new ManualClock(T), 2_000)('INFO', 'x'.repeat(100));
    expect(readFileSync(old, 'utf8').at(-1)).toBe('\n');
    expect(readFileSync(current, 'utf8').split('\n')).toHaveLength(2);
  });

  it('has a sentence that comes again and again once a minute', async () => {
    const dir = newFolder();
    const clock = new ManualClock(T);
    const log = oncePerMinute(stackLog(dir, clock), clock);
    for (let n = 0; n < 3; n++) for (const line of ['The disk is full.', 'Charts wait.']) log('ERROR', line);
    await clock.advanceTo(T + 60_000);
    log('ERROR', 'The disk is full.');
    expect(await textOf(dir)).toEqual(['The disk is full.', 'Charts wait.', 'The disk is full.']);
  });

  it('costs the stack nothing where it cannot be written', () => {
    const log = stackLog(join(newFolder(), 'nowhere'), new ManualClock(T));
    expect(() => log('INFO', 'x')).not.toThrow();
  });

  it('is asked by time, gravity, signal and trace', async () => {
    const dir = newFolder();
    const clock = new ManualClock(T);
    const log = stackLog(dir, clock);
    const signalId = `sr-exhaustion:default:SOLUSDT:LONG:${T}`;
    const event = {
      id: `${signalId}:a:REFUSAL`,
      signalId,
      kind: 'REFUSAL',
      pair: 'SOLUSDT',
      refusal: 'COOLDOWN',
    };
    log('WARNING', 'first');
    await clock.advanceTo(T + 60_000);
    expect(logMessage(log, 'position-events', JSON.stringify(event))).toBe(null);
    expect(await textOf(dir, { ...ALL, sinceMs: T + 1 })).toEqual([
      'position-events REFUSAL SOLUSDT COOLDOWN',
    ]);
    expect(await textOf(dir, { ...ALL, level: 'WARNING' })).toEqual(['first']);
    const [line] = await readLog(dir, { ...ALL, trace: 'sr-exhaustion:default:SOL' });
    const traceId = line!['logging.googleapis.com/trace']!;
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(await readLog(dir, { ...ALL, trace: traceId.slice(0, 8) })).toEqual([line]);
    expect(await readLog(dir, { ...ALL, trace: 'other' })).toEqual([]);
  });

  it.each<[FeedEvent['kind'], string, number]>([
    ['GAP', 'WARNING', T - 2_000],
    // Of before it ran.
    ['GAP', 'INFO', T - 1_000],
    ['RECOVERED', 'INFO', T - 2_000],
  ])('tells of a %s of the feed as %s', async (kind, severity, beganMs) => {
    const message = `feed ${kind} SOLUSDT 09:29:58 to 09:30:00: ids 4 to 9 are missing`;
    const dir = newFolder();
    const event = {
      id: 'i',
      venue: 'bybit',
      symbol: 'SOLUSDT',
      kind,
      ts: at(T),
      from: at(T - 2_000),
      to: at(T),
      cause: 'ids 4 to 9 are missing',
      tradesRecovered: 0,
      resolved: false,
    };
    logFeedEvent(stackLog(dir, new ManualClock(T)), JSON.stringify(event), beganMs);
    expect(await readLog(dir, ALL)).toMatchObject([{ severity, message }]);
  });

  it.each([1, 2, 3, 7])(
    'is followed in looks of %i lines without one lost or told twice, though files change',
    async (atOnce) => {
      const dir = newFolder();
      // Some eight lines a file.
      const log = stackLog(dir, new ManualClock(T), 2_000);
      const reader = new LogReader(dir, ALL);
      expect(await reader.next()).toEqual([]);
      const told: string[] = [];
      const written = Array.from({ length: 42 }, (_, n) => `ligne ${n} – é`);
      for (const [n, line] of written.entries()) {
        log('INFO', line);
        if (n % atOnce === 0) told.push(...(await reader.next()).map(({ message }) => message));
      }
      told.push(...(await reader.next()).map(({ message }) => message));
      await reader.close();
      expect(told).toEqual(written);
    },
  );

  it('tells a line once it is whole', async () => {
    const dir = newFolder();
    const reader = new LogReader(dir, ALL);
    stackLog(dir, new ManualClock(T))('INFO', 'é');
    const bytes = readFileSync(logFiles(dir)[1]);
    const middle = bytes.indexOf(0xc3) + 1;
    writeFileSync(logFiles(dir)[1], bytes.subarray(0, middle));
    expect(await reader.next()).toEqual([]);
    appendFileSync(logFiles(dir)[1], bytes.subarray(middle));
    expect(await reader.next()).toMatchObject([{ message: 'é' }]);
    await reader.close();
  });

  it.each([
    ['90s', T - 90_000],
    ['2h', T - 7_200_000],
    ['1d', T - 86_400_000],
    ['2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1)],
  ])('since %s', (text, ms) => expect(sinceOf(text, T)).toBe(ms));

  it('says how a time is written', () => {
    expect(() => sinceOf('yesterday', T)).toThrow(
      /Expected --since as 10m, 2h, 1d, or a time .* got "yesterday"/,
    );
  });
});

const STATUS = stackStatus();

const file = (dir: string) => join(dir, 'status.json');

describe('the status of a stack', () => {
  const read = () => ({ status: STATUS, lastSignal: 's' });
  const keep = (dir: string) => keepStatus(dir, { clock: new ManualClock(T), version: '1', read });

  it('is kept from its first moment, and says when it was asked to end', () => {
    const dir = newFolder();
    const keeper = keep(dir);
    expect(readStatus(dir)).toMatchObject({
      pid: process.pid,
      startedMs: T,
      isStopped: false,
      lastSignal: 's',
    });
    keeper.close(true);
    expect(readStatus(dir)).toMatchObject({ isStopped: true, status: STATUS });
  });

  it('is that it starts until there is more to tell, and as it was last where nothing can be asked any more', () => {
    const dir = newFolder();
    let status: StackStatus | null = null;
    const keeper = keepStatus(dir, {
      clock: new ManualClock(T),
      version: '1',
      read: () => {
        if (status?.trades === 11) throw new Error('database is not open');
        return { status, lastSignal: null };
      },
    });
    expect(isStarting(readStatus(dir)!)).toBe(true);
    for (const trades of [10, 11]) {
      status = { ...STATUS, trades };
      keeper.look();
    }
    expect(isStarting(readStatus(dir)!)).toBe(false);
    keeper.close(false);
    expect(readStatus(dir)).toMatchObject({ isStopped: false, status: STATUS });
  });

  it('stays that of the stack that has the folder', () => {
    const dir = newFolder();
    keep(dir);
    mkdirSync(join(dir, 'bus'));
    const unlock = lockFolder(join(dir, 'bus'));
    const before = readFileSync(file(dir), 'utf8');
    const second = keepStatus(dir, { clock: new ManualClock(T + 1), version: '2', read });
    second.look();
    second.close(true);
    expect(readFileSync(file(dir), 'utf8')).toBe(before);
    unlock();
  });

  it.each([
    ['damaged', '{"pid":1', /Expected the status of a stack in .*status\.json, got: .*JSON.*else remove it/],
    ['of something else', '{"status":"ok"}', /status\.json, got: pid: .*expected number/],
    ['of another version', '{"pid":1,"version":"0","status":{}}', /status\.json, got: startedMs: /],
  ])('says what is wrong with a file that is %s', (_, text, message) => {
    const dir = newFolder();
    writeFileSync(file(dir), text);
    expect(() => readStatus(dir)).toThrow(message);
    const { status, stderr, stdout } = cst('status', '--dir', dir);
    expect([status, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(message);
  });

  it('costs the stack nothing where there is none', () => {
    const dir = join(newFolder(), 'nowhere');
    const failing = keepStatus(dir, {
      clock: new ManualClock(T),
      version: '1',
      read: () => {
        throw new Error('database is not open');
      },
    });
    expect(() => failing.close(true)).not.toThrow();
    expect(readStatus(dir)).toBe(null);
  });
});

const cst = (...words: string[]) => spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' });

const PATIENCE = { timeout: 60_000, interval: 50 };

/** Waits for what it says on stderr, now or before. */
function listener({ stderr }: ChildProcess) {
  let text = '';
  stderr!.on('data', (bytes) => {
    text += bytes;
  });
  return (what: RegExp) =>
    vi.waitFor(() => what.exec(text) ?? expect.fail(`Not said yet: ${what}`), PATIENCE);
}

/** The exchange twin of a stack cuts its connections. */
async function drop(host: string): Promise<void> {
  const body = JSON.stringify([{ kind: 'drop', venue: 'bybit', afterMs: 0 }]);
  const { status } = await fetch(`http://${host}/twin/faults`, { method: 'POST', body });
  expect(status).toBe(202);
}

it('cst status and cst logs tell of a stack while it runs, and after it was killed', async () => {
  const dir = newFolder();
  expect(cst('status', '--dir', dir)).toMatchObject({ status: 3, stdout: '' });
  const child = spawn(process.execPath, [MAIN, 'start', '--dir', dir, '--speed', '120', '--no-dashboard'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exit = once(child, 'exit');
  const said = listener(child);
  const [, twin] = await said(/Connected to ws:\/\/(127\.0\.0\.1:\d+)/);
  await vi.waitFor(() => expect(readStatus(join(dir, 'simulated'))?.status).toBeTruthy(), PATIENCE);
  const running = cst('status', '--dir', dir, '--json');
  expect(running.status).toBe(0);
  expect(JSON.parse(running.stdout)).toMatchObject({
    running: true,
    stacks: [{ running: true, pid: child.pid }],
  });
  await drop(twin!);
  await said(/Next try in/);
  child.kill('SIGKILL');
  await exit;
  const after = cst('status', '--dir', dir);
  expect(after.status).toBe(3);
  expect(after.stderr).toMatch(/was killed, or died: .*See cst logs --dir .* \(code 3\)\n$/);
  expect(cst('logs', '--dir', dir, '--level', 'warning').stdout).toMatch(
    /^\S+Z WARNING: .* Next try in [\d.]+ s\.$/m,
  );
  const logs = cst('logs', '--dir', dir, '--level', 'info', '--json');
  expect(logs.status).toBe(0);
  expect(JSON.parse(logs.stdout.split('\n')[0]!)).toMatchObject({
    severity: 'INFO',
    message: expect.stringMatching(/^Started: simulated exchange .*, process \d+\.$/),
  });
}, 120_000);

it('cst logs says what it expects', () => {
  const dir = newFolder();
  expect(cst('logs', '--dir', dir)).toMatchObject({ status: 2, stdout: '' });
  mkdirSync(join(dir, 'live'));
  writeFileSync(logFiles(join(dir, 'live'))[1], '');
  const wrong = cst('logs', '--dir', dir, '--level', 'warn');
  expect([wrong.status, wrong.stderr]).toEqual([
    4,
    'Error: Expected --level one of debug, info, warning, error, got "warn". Did you mean "warning"? (code 4)\n',
  ]);
  expect(readFileSync(logFiles(join(dir, 'live'))[1], 'utf8')).toBe('');
});
