import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Spill } from './spill.ts';

const KILLS = 8;

interface Life {
  readonly spilled: number[];
  /** In the order of publication. */
  readonly published: number[];
}

/** Starts a process at number `from` and kills it once it has told `lines` lines. */
function liveAndDie(dir: string, from: number, lines: number): Promise<Life> {
  const script = join(import.meta.dirname, 'spill-victim.fixture.ts');
  const child = spawn(process.execPath, [script, dir, String(from)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const life: Life = { spilled: [], published: [] };
  let [text, errors] = ['', ''];
  child.stderr.on('data', (bytes) => {
    errors += bytes;
  });
  child.stdout.on('data', (bytes) => {
    text += bytes;
    if (text.split('\n').length > lines) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('close', (_, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(errors));
      for (const line of text.split('\n').slice(0, -1)) {
        const [what, ...numbers] = line.split(' ');
        life[what as keyof Life].push(...numbers.map(Number));
      }
      resolve(life);
    });
  });
}

it(`loses nothing that was spilled over ${KILLS} kills at any moment, and keeps its order`, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'spill-kill-'));
  const spilled: number[] = [];
  const published = new Set<number>();
  let next = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    // Spread evenly from the first lines to some hundreds.
    const life = await liveAndDie(dir, next, 2 + Math.floor(((kill * 0.618034) % 1) * 300));
    spilled.push(...life.spilled);
    // Each time it is read again from some place on, and goes on in order from there.
    const firsts = life.published.filter((number, i) => life.published.indexOf(number) === i);
    expect(firsts).toEqual(firsts.toSorted((a, b) => a - b));
    for (const number of life.published) published.add(number);
    next = Math.max(next, ...life.spilled, ...life.published) + 1_000;
  }
  const spill = await Spill.open({ dir });
  const left: number[] = [];
  for (;;) {
    const { messages, done } = await spill.read();
    if (messages.length === 0) break;
    left.push(...messages.map(({ attributes }) => Number(attributes.id)));
    await done();
  }
  expect(left).toEqual(left.toSorted((a, b) => a - b));
  for (const number of left) published.add(number);
  expect(spilled.filter((number) => !published.has(number))).toEqual([]);
  expect(spilled.length).toBeGreaterThan(500);
});
