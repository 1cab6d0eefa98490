import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { launchChromium } from './chromium.ts';
import { type Stack, startStack } from './stack.ts';
import { changeOf, openView } from './view.ts';

const PATIENCE = { timeout: 60_000, interval: 20 };
const WORDS = ['--seed', '1', '--speed', '120'];

let browser: Browser;
let recordings: string;
let stack: Stack;

beforeAll(async () => {
  recordings = mkdtempSync(join(tmpdir(), 'recordings-'));
  const [recorded] = await Promise.all([
    startStack([...WORDS, '--for', '15', '--record', join(recordings, 'monday')]),
    launchChromium().then((launched) => {
      browser = launched;
    }),
  ]);
  await recorded.ended;
  stack = await startStack([...WORDS, '--replays', recordings]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

it('plays a recording, shows it move, and leads back to the market', async () => {
  const { page } = await openView(browser, stack.url);
  await page.keyboard.press('r');
  await page.locator('.choice', { hasText: 'monday' }).waitFor();
  await page.getByLabel('Speed').selectOption('300');
  await page.getByRole('button', { name: 'Start the replay' }).click();
  await page.locator('[data-replay=PLAYING]').waitFor({ timeout: 180_000 });
  const { from } = await (await fetch(`${stack.url}api/replays`)).json().then(({ replay }) => replay);
  await page.getByRole('link', { name: 'Watch' }).click();
  const chart = page.locator('#chart[data-source=replay]:not([data-newest=""])');
  const newest = (await chart.getAttribute('data-newest')) ?? '';
  expect(newest >= from && newest < (await marketTime(stack.url))).toBe(true);
  await changeOf(page, 'data-newest');
  await page.keyboard.press('r');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.locator('.pill.replay').waitFor({ state: 'detached' });
  await page.locator('[data-link=live]').waitFor();
  await page.keyboard.press('c');
  await changeOf(page, 'data-close');
});

it('leaves nothing running behind when the stack is killed while it prepares', async () => {
  const victim = await startStack([...WORDS, '--replays', recordings]);
  const body = JSON.stringify({ recording: 'monday', speed: 60 });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${victim.url}api/replays`, { method: 'POST', headers, body });
  const { pid, out } = await vi.waitUntil(() => replayOf(victim.child.pid!), PATIENCE);
  victim.child.kill('SIGKILL');
  await victim.ended;
  await vi.waitUntil(() => !isRunning(pid), PATIENCE);
  // It did not go on to its end.
  expect(readdirSync(out)).toEqual([]);
});

/** The process that prepares a replay, and where it writes to, once it is there. */
function replayOf(parent: number): { readonly pid: number; readonly out: string } | null {
  for (const pid of readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').split(' ')) {
    const words = pid === '' ? [] : readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    if (words.includes('replay')) return { pid: Number(pid), out: words[words.indexOf('--out') + 1]! };
  }
  return null;
}

/** What has ended and was not asked for its end is there still, but runs no more. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function marketTime(url: string): Promise<string> {
  const overview = await fetch(`${url}api/overview`);
  return (await overview.json()).status.marketTime;
}
