import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { type Stack, startStack } from './stack.ts';
import { changeOf, openView } from './view.ts';

let browser: Browser;
let stack: Stack;

beforeAll(async () => {
  const recordings = mkdtempSync(join(tmpdir(), 'recordings-'));
  const words = ['--seed', '1', '--speed', '120'];
  const [recorded] = await Promise.all([
    startStack([...words, '--for', '15', '--record', join(recordings, 'monday')]),
    launchChromium().then((launched) => {
      browser = launched;
    }),
  ]);
  await recorded.ended;
  stack = await startStack([...words, '--replays', recordings]);
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

async function marketTime(url: string): Promise<string> {
  const overview = await fetch(`${url}api/overview`);
  return (await overview.json()).status.marketTime;
}
