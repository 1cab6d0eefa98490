import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../clock/system.ts';
import { openEmbeddedBus } from '../embedded.ts';

const KILLS = 20;
/** Acknowledgements that a killed process may not have written yet: those of a few pulls of 7. */
const UNWRITTEN_ACKS = 300;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'cst-kill-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Life {
  readonly published: number[];
  readonly got: number[];
  readonly acked: number[];
}

/** Starts a process at number `from` and kills it once it has told `lines` lines. */
function liveAndDie(from: number, lines: number): Promise<Life> {
  const script = join(import.meta.dirname, 'victim.fixture.ts');
  const child = spawn(process.execPath, [script, dir, String(from)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const life: Life = { published: [], got: [], acked: [] };
  let errors = '';
  let text = '';
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

function expectOrderWithinKeys(numbers: readonly number[]): void {
  for (const key of [0, 1, 2]) {
    const ofKey = numbers.filter((number) => number % 3 === key);
    expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b));
  }
}

it(`loses nothing and keeps order over ${KILLS} kills at any moment`, { timeout: 60_000 }, async () => {
  const published = new Set<number>();
  const acked = new Set<number>();
  let next = 0;
  let redelivered = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    // Spread evenly from the first lines to some hundreds.
    const life = await liveAndDie(next, 2 + Math.floor(((kill * 0.618034) % 1) * 600));
    expectOrderWithinKeys(life.got);
    const again = life.got.filter((number) => acked.has(number));
    expect(again.length).toBeLessThanOrEqual(UNWRITTEN_ACKS);
    redelivered += again.length;
    for (const number of life.published) published.add(number);
    for (const number of life.acked) acked.add(number);
    next = Math.max(next, ...life.published, ...life.got) + 1000;
  }

  const bus = await openEmbeddedBus({ dir, clock: systemClock });
  const subscription = await bus.subscribe('position-events', 'reader');
  const left: number[] = [];
  while (left.length < subscription.backlog()!) {
    left.push(...(await subscription.pull(1000)).map(({ data }) => Number(Buffer.from(data))));
  }
  await bus.close();
  expectOrderWithinKeys(left);
  const leftSet = new Set(left);
  expect(leftSet.size).toBe(left.length);
  expect([...published].filter((number) => !acked.has(number) && !leftSet.has(number))).toEqual([]);
  expect(published.size).toBeGreaterThan(1000);
  expect(redelivered).toBeLessThan(published.size / 2);
});
