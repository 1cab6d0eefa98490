import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { launchChromium } from './chromium.ts';
import { type Cuttable, cuttable } from './cuttable.ts';
import { type Stack, startStack } from './stack.ts';
import { closedBars, openView, shownBars } from './view.ts';

let browser: Browser;
let stack: Stack;
let line: Cuttable;

beforeAll(async () => {
  [browser, stack] = await Promise.all([launchChromium(), startStack(['--seed', '1', '--speed', '60'])]);
  line = await cuttable(stack.url);
});
afterAll(async () => {
  await browser?.close();
  await line?.close();
  await stack?.stop();
});

it.each([
  ['SIGINT', '2'],
  ['SIGKILL', '3'],
] as const)(
  'goes on with another server where the one before got %s, and shows what that one knows',
  async (end, seed) => {
    line.mend(stack.url);
    const { page } = await openView(browser, line.url);
    await page.keyboard.press('t');
    await page.locator('#bars tbody tr').first().waitFor();
    stack.child.kill(end);
    await stack.ended;
    await page.locator('[data-link=reconnecting]').waitFor();
    stack = await startStack(['--seed', seed, '--speed', '60']);
    line.mend(stack.url);
    await page.locator('[data-link=live]').waitFor();
    await vi.waitFor(
      async () => {
        const kept = await closedBars(stack.url);
        const shown = await shownBars(page);
        expect(shown.length).toBeGreaterThan(200);
        expect(shown).toEqual(kept.slice(-shown.length));
      },
      { timeout: 120_000, interval: 100 },
    );
  },
);
