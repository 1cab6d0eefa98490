/**
 * `node test/first-contact.ts SECONDS`: `npm start` as someone does it who has just had `npm ci`, which took so long. Says after
 * how many seconds the first candle and the first signal were there, counted from the beginning of `npm ci`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock } from '../connectors/clock/system.ts';

const ROOT = resolve(import.meta.dirname, '..');
const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, min: 60 };

/** Of `first candle after 1 min 4 s`. Unit: s. */
function secondsUntil(first: string, said: string): number {
  const [, time] = new RegExp(`first ${first} after ([^·\\n]+)`).exec(said) ?? [];
  if (time === undefined) throw new Error(`Expected "first ${first} after …" of the stack, got: ${said}`);
  const parts = [...time.matchAll(/([\d.]+) (ms|s|min)/g)];
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit!]!, 0);
}

/** Starts the stack, and ends it as Ctrl-C does once both have come. */
async function start(dir: string) {
  const startedMs = systemClock.now();
  const words = ['start', '--', '--dir', dir, '--dashboard-port', '0', '--json'];
  // A group of its own, for Ctrl-C reaches all of a terminal's.
  const child = spawn('npm', words, { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let [news, said, signalSeconds] = ['', '', 0];
  child.stdout.on('data', (bytes) => {
    news += bytes;
    if (signalSeconds === 0 && news.includes('"topic":"trade-signals-micro"'))
      signalSeconds = (systemClock.now() - startedMs) / 1_000;
  });
  let isAsked = false;
  child.stderr.on('data', (bytes) => {
    said += bytes;
    if (isAsked || signalSeconds === 0 || !/candles +1m [1-9]/.test(said)) return;
    isAsked = true;
    process.kill(-child.pid!, 'SIGINT');
  });
  // npm itself ends by the signal, whatever its script makes of it: that it was drained, the summary below tells.
  await once(child, 'close');
  // The stack's own times begin when it is up; npm and Node came before.
  const candleSeconds = signalSeconds - secondsUntil('signal', said) + secondsUntil('candle', said);
  return { candleSeconds, signalSeconds };
}

const installSeconds = Number(process.argv[2]);
const dir = mkdtempSync(join(tmpdir(), 'first-contact-'));
try {
  const { candleSeconds, signalSeconds } = await start(dir);
  const told = (seconds: number) => (installSeconds + seconds).toFixed(1);
  console.log(
    `npm ci ${installSeconds} s · first candle after ${told(candleSeconds)} s · first signal after ${told(signalSeconds)} s`,
  );
} finally {
  rmSync(dir, { recursive: true, force: true });
}
