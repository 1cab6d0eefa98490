import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { type Stack, startStack } from './stack.ts';
import { expectNoSidewaysScroll, findingsOfViews, openView, seriousFindings } from './view.ts';

let browser: Browser;
let stack: Stack;

beforeAll(async () => {
  [browser, stack] = await Promise.all([launchChromium(), startStack(['--seed', '1', '--speed', '60'])]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

describe.concurrent('each view', () => {
  it.each([
    ['dark', 1440],
    ['light', 1440],
    ['dark', 390],
    ['dark', 900],
    ['light', 900],
    ['light', 390],
  ] as const)('keeps nobody out in its %s theme at a width of %i', async (colorScheme, width) => {
    const { page, problems } = await openView(browser, stack.url, { colorScheme, width });
    expect(await findingsOfViews(page)).toEqual([]);
    await expectNoSidewaysScroll(page);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it.each(['dark', 'light'] as const)(
    'says in its %s theme that the stack has ended',
    async (colorScheme) => {
      const own = await startStack(['--seed', '1', '--speed', '60']);
      const { page } = await openView(browser, own.url, { colorScheme });
      await own.stop();
      await page.locator('[data-link=reconnecting]').waitFor();
      for (const key of ['p', 'f', 'r']) {
        await page.keyboard.press(key);
        await page.getByText('This could not be loaded').waitFor();
        await page.getByText('The server cannot be reached.').first().waitFor();
        expect(await seriousFindings(page)).toEqual([]);
      }
      await page.context().close();
    },
  );
});
