/**
 * `cst` as a reader uses it who has little time: what would go on for ever is asked to stop (Ctrl-C) once it has shown what
 * was waited for, hours become seconds, and the simulation runs as fast as it can. With `--stays` first it goes on in the
 * background, its number in `stays.pid`.
 */
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStatus } from '../../cli/observe/status-file.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { ENVIRONMENT } from '../engines/needs.ts';
import { PHONE } from './reader.ts';
import { ROOT } from './shell.ts';

/** Told what it has said so far. */
type IsShown = (said: string) => boolean;

const MAIN = join(ROOT, 'cli/main.ts');
const STAYS = '--stays';
const FASTEST = '120';
const LOOK_EVERY_MS = 50;
/** What is left of the hours of `--for`, after what was waited for. */
const LINGERS_MS = 2_000;

const given = process.argv.slice(2);
const stays = given[0] === STAYS;
const asked = given.slice(stays ? 1 : 0);
const words = impatient(asked);
const isShown = shownBy(words);
const lingersMs = asked.includes('--for') ? LINGERS_MS : 0;
if (stays) await leave(words, isShown ?? (() => true));
else process.exitCode = await run(words, isShown);

function impatient(all: readonly string[]): string[] {
  const rest = all.filter((word, i) => word !== '--for' && all[i - 1] !== '--for');
  return rest[0] === 'start' && !rest.includes('--live') ? [...rest, '--speed', FASTEST] : rest;
}

/** Null: it ends by itself. */
function shownBy([verb, ...flags]: readonly string[]): IsShown | null {
  if (flags.includes('--help')) return null;
  if (verb === 'start') return flags.includes('--live') ? hasPrices : hasChart;
  if (verb === 'run' || verb === 'relay' || verb === 'record') return (said) => /Connected to/.test(said);
  return verb === 'twin' ? (said) => /faults/.test(said) : null;
}

function hasPrices(): boolean {
  const { connected, trades = 0 } = readStatus(join('.cst', 'live'))?.status ?? {};
  return connected === true && trades > 0;
}

function hasChart(said: string): boolean {
  return ENVIRONMENT.CST_TELEGRAM_TOKEN ? existsSync(PHONE) : /chart of/.test(said);
}

function run(all: readonly string[], isSeen: IsShown | null): Promise<number> {
  const child = spawn(process.execPath, [MAIN, ...all], { stdio: ['inherit', 'pipe', 'pipe'] });
  let said = '';
  const hear = (bytes: Buffer, to: NodeJS.WriteStream) => {
    to.write(bytes);
    said += bytes;
  };
  child.stdout.on('data', (bytes) => hear(bytes, process.stdout));
  child.stderr.on('data', (bytes) => hear(bytes, process.stderr));
  const looking = setInterval(() => {
    if (!isSeen?.(said)) return;
    clearInterval(looking);
    setTimeout(() => child.kill('SIGINT'), lingersMs);
  }, LOOK_EVERY_MS);
  return new Promise((end) =>
    child.on('close', (code) => {
      clearInterval(looking);
      end(code ?? 1);
    }),
  );
}

async function leave(all: readonly string[], isSeen: IsShown): Promise<void> {
  const log = openSync('stays.log', 'w');
  const child = spawn(process.execPath, [MAIN, ...all], { detached: true, stdio: ['ignore', log, log] });
  writeFileSync('stays.pid', `${child.pid}\n`, { flag: 'a' });
  child.unref();
  while (!isSeen(readFileSync('stays.log', 'utf8'))) {
    if (child.exitCode !== null) throw new Error(readFileSync('stays.log', 'utf8'));
    await systemClock.until(systemClock.now() + LOOK_EVERY_MS);
  }
}
