/**
 * `cst` as a reader uses it who has little time: what would go on for ever is asked to stop (Ctrl-C) once it has shown what
 * was waited for, and hours become seconds. With `--stays` first it goes on in the background, its number in `stays.pid`.
 */
import { spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../connectors/clock/system.ts';
import { ROOT } from './shell.ts';

const MAIN = join(ROOT, 'cli/main.ts');
const STAYS = '--stays';
const LOOK_EVERY_MS = 20;
const SECONDS = '3';

const given = process.argv.slice(2);
const stays = given[0] === STAYS;
const words = given.slice(stays ? 1 : 0).map((word, i, all) => (all[i - 1] === '--for' ? SECONDS : word));
const awaited = shownBy(words);
if (stays) await leave(words, awaited ?? /\n/);
else process.exitCode = await run(words, awaited);

/** Null: it ends by itself. */
function shownBy([verb, ...flags]: readonly string[]): RegExp | null {
  if (flags.includes('--help') || flags.includes('--for')) return null;
  if (verb === 'start') return flags.includes('--live') ? /feed +connected/ : /chart of [\s\S]*candles/;
  if (verb === 'run' || verb === 'relay' || verb === 'record') return /Connected to/;
  return verb === 'twin' ? /faults/ : null;
}

function run(words: readonly string[], awaited: RegExp | null): Promise<number> {
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['inherit', 'pipe', 'pipe'] });
  let said = '';
  let isAsked = false;
  const hear = (bytes: Buffer, to: NodeJS.WriteStream) => {
    to.write(bytes);
    said += bytes;
    if (isAsked || !awaited?.test(said)) return;
    isAsked = true;
    child.kill('SIGINT');
  };
  child.stdout.on('data', (bytes) => hear(bytes, process.stdout));
  child.stderr.on('data', (bytes) => hear(bytes, process.stderr));
  return new Promise((end) => child.on('close', (code) => end(code ?? 1)));
}

async function leave(words: readonly string[], awaited: RegExp): Promise<void> {
  const log = openSync('stays.log', 'w');
  const child = spawn(process.execPath, [MAIN, ...words], { detached: true, stdio: ['ignore', log, log] });
  writeFileSync('stays.pid', `${child.pid}\n`, { flag: 'a' });
  child.unref();
  while (!awaited.test(readFileSync('stays.log', 'utf8'))) {
    if (child.exitCode !== null) throw new Error(readFileSync('stays.log', 'utf8'));
    await systemClock.until(systemClock.now() + LOOK_EVERY_MS);
  }
}
