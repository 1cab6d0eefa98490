/** What `cst` does when its output cannot be written. */
import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');

/** Its end, where nobody reads one of its outputs. */
async function unread(which: 'stdout' | 'stderr', ...words: string[]) {
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const code = new Promise((ended) => child.on('close', ended));
  child[which].destroy();
  const rest = await text(child[which === 'stdout' ? 'stderr' : 'stdout']);
  return { code: await code, rest };
}

it('does not mind a reader who has left', async () => {
  expect(await unread('stdout', 'cost', '--all', '--json')).toEqual({ code: 0, rest: '' });
  expect(await unread('stderr', 'cost', '--age', 'old')).toEqual({ code: 4, rest: '' });
});

it.skipIf(!existsSync('/dev/full'))('says that a disk is full', async () => {
  const child = spawn(process.execPath, [MAIN, 'cost'], {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
  });
  const code = new Promise((ended) => child.on('close', ended));
  expect(await text(child.stderr!)).toMatch(/^Error: .*ENOSPC.* \(code 1\)\n$/);
  expect(await code).toBe(1);
});
