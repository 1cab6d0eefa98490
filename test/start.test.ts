import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ScalpSignal } from '../schemas/scalp-signal.ts';

const MAIN = resolve(import.meta.dirname, '../cli/main.ts');
const NO_NETWORK = resolve(import.meta.dirname, 'no-network.fixture.ts');

interface Started {
  readonly child: ChildProcess;
  readonly out: { stdout: string; stderr: string };
  /** Resolves once stderr has matched so often. */
  hasSaid(pattern: RegExp, times?: number): Promise<void>;
  readonly exit: Promise<number | null>;
}

const newFolder = () => mkdtempSync(join(tmpdir(), 'start-'));

function start(
  words: readonly string[],
  nodeOptions: readonly string[] = [],
  dir: string = newFolder(),
): Started {
  const child = spawn(process.execPath, [...nodeOptions, MAIN, 'start', '--dir', dir, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (bytes) => {
      out[name] += bytes;
    });
  }
  const exit = new Promise<number | null>((ended) => child.on('close', (code) => ended(code)));
  const hasSaid = (pattern: RegExp, times = 1) =>
    new Promise<void>((found, failed) => {
      const look = () => {
        if ([...out.stderr.matchAll(new RegExp(pattern, 'g'))].length >= times) found();
      };
      child.stderr.on('data', look);
      child.on('close', () => failed(new Error(`It ended before it said ${pattern}: ${out.stderr}`)));
      look();
    });
  return { child, out, hasSaid, exit };
}

const SUMMARY =
  /Stopping: publishing what was received …\n[\s\S]*\nfirst candle (\S.*) · first signal (\S.*) · first chart \S.*\n$/;

describe.concurrent('cst start', () => {
  it('drains at Ctrl-C and sums up, however early it comes', async () => {
    const { child, out, hasSaid, exit } = start(['--speed', '60']);
    await hasSaid(/Connected to ws:\/\/127\.0\.0\.1/);
    child.kill('SIGINT');
    expect(await exit).toBe(0);
    expect(out.stderr).toMatch(SUMMARY);
  });

  it('says in a sentence why the exchange cannot be reached, keeps trying, and ends at Ctrl-C', async () => {
    const { child, out, hasSaid, exit } = start(['--live', '--symbols', 'BTCUSDT'], ['--import', NO_NETWORK]);
    const again = /Cannot reach wss:\/\/stream\.bybit\.com\/v5\/public\/linear: .+\. Next try in [\d.]+ s\./;
    await hasSaid(again, 3);
    await hasSaid(/Cannot reach https:\/\/api\.bybit\.com.*Next try in 1 s\./);
    child.kill('SIGINT');
    expect(await exit).toBe(0);
    expect([out.stdout, out.stderr.match(/^\s+at .*/m)]).toEqual(['', null]);
    expect(out.stderr).toMatch(SUMMARY);
  });
});

/** One after the other: several stacks at once leave each too little time. */
describe('a started stack', () => {
  it('shows candles, prints signals, has its folder to itself, and removes nothing from it but its own', async () => {
    const dir = newFolder();
    const other = join(dir, 'simulated', 'mine.txt');
    mkdirSync(join(dir, 'simulated'));
    writeFileSync(other, 'not of the stack');
    const first = start(['--speed', '120', '--seed', '1', '--json'], [], dir);
    await Promise.all([first.hasSaid(/candles\s+1m [1-9]/), hasPrinted(first)]);
    const second = start([], [], dir);
    expect(await second.exit).toBe(1);
    expect(second.out.stderr).toMatch(/in use by another process.*own folder/);
    first.child.kill('SIGINT');
    expect(await first.exit).toBe(0);
    expect(signalsOf(first.out.stdout).length).toBeGreaterThan(0);
    const [, candle, signal] = SUMMARY.exec(first.out.stderr) ?? [];
    expect([candle, signal]).toEqual([
      expect.stringMatching(/^after \d/),
      expect.stringMatching(/^after \d/),
    ]);
    expect(existsSync(other)).toBe(true);
  });

  it('ends by itself after the time it was given', async () => {
    const { out, exit } = start(['--for', '1']);
    expect(await exit).toBe(0);
    expect(out.stderr).toMatch(SUMMARY);
  });

  it('ends like at Ctrl-C when whoever read the signals has gone', async () => {
    const started = start([]);
    await hasPrinted(started);
    started.child.stdout?.destroy();
    expect(await started.exit).toBe(0);
    expect(started.out.stderr).toMatch(SUMMARY);
  });
});

/** A signal, where the output is JSON. */
async function hasPrinted({ child, out }: Started): Promise<void> {
  while (child.stdout && !/trade-signals-micro|ENTRY/.test(out.stdout)) await once(child.stdout, 'data');
}

/** The signals among the lines of the output, which must be of a bar's close, and none twice. */
function signalsOf(stdout: string): ScalpSignal[] {
  const lines = stdout.split('\n').slice(0, -1);
  const told = lines.map((line) => JSON.parse(line));
  const signals = told
    .filter(({ topic }) => topic === 'trade-signals-micro')
    .map(({ message }) => ScalpSignal.parse(message));
  expect(new Set(signals.map(({ id }) => id)).size).toBe(signals.length);
  expect(signals.filter(({ timestamp }) => timestamp % 60_000 !== 0)).toEqual([]);
  return signals;
}
