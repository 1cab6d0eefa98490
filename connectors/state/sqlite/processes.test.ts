import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { systemClock } from '../../clock/system.ts';
import { openSqliteStore } from '../sqlite.ts';

const KILLS = 15;

function newFile(test: { onTestFinished(end: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'cst-state-'));
  test.onTestFinished(() => rmSync(dir, { recursive: true }));
  return join(dir, 'state.db');
}

const startWriter = (path: string, times = Number.POSITIVE_INFINITY) =>
  spawn(process.execPath, [join(import.meta.dirname, 'writer.fixture.ts'), path, String(times)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** The numbers a writer told until it ended, or was killed after `lines` of them. */
function numbersOf(child: ChildProcess, lines = Number.POSITIVE_INFINITY): Promise<number[]> {
  let text = '';
  let errors = '';
  child.stderr!.on('data', (bytes) => {
    errors += bytes;
  });
  child.stdout!.on('data', (bytes) => {
    text += bytes;
    if (text.split('\n').length > lines) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(errors));
      resolve(text.split('\n').slice(0, -1).map(Number));
    });
  });
}

it('loses no update of several processes', { timeout: 60_000 }, async (test) => {
  const path = newFile(test);
  const [processes, times] = [4, 100];
  const counted = await Promise.all(
    Array.from({ length: processes }, () => numbersOf(startWriter(path, times))),
  );
  const all = counted.flat().sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: processes * times }, (_, i) => i + 1));
  for (const own of counted) expect(own).toEqual(own.toSorted((a, b) => a - b));
});

it(`keeps every durable write, and rows whole, over ${KILLS} kills`, { timeout: 60_000 }, async (test) => {
  const path = newFile(test);
  const told = new Set<number>();
  for (let kill = 0; kill < KILLS; kill++) {
    const lines = 1 + Math.floor(((kill * 0.618034) % 1) * 60);
    const numbers = await numbersOf(startWriter(path), lines);
    for (const number of numbers) {
      expect(told).not.toContain(number);
      told.add(number);
    }
    const store = await openSqliteStore({ path, clock: systemClock });
    const count = Number((await store.get('counter'))!.count);
    const cells = Object.values((await store.get('wide'))!);
    await store.close();
    // At most one more than was told: it was durable, and the process died before it could say so.
    expect(count - Math.max(...told)).toBeOneOf([0, 1]);
    expect([cells.length, new Set(cells).size]).toEqual([50, 1]);
  }
  // Each life lost at most the telling of one.
  expect(told.size).toBeGreaterThan(Math.max(...told) - KILLS - 1);
  const file = new DatabaseSync(path);
  expect(file.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  file.close();
});
