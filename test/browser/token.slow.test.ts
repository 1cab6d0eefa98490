/** A dashboard with a token, in a browser: it asks for it, and asks again when the session is over. */
import { expect, it, vi } from 'vitest';
import { launchChromium } from './chromium.ts';
import { cuttable } from './cuttable.ts';
import { startStack } from './stack.ts';
import { seriousFindings } from './view.ts';

const TOKEN = 'sixteen letters and more';
const PATIENCE = { timeout: 240_000 };

it('shows nothing without the token, and asks for it again when the session is over', async () => {
  vi.stubEnv('CST_DASHBOARD_TOKEN', TOKEN);
  const [browser, stack] = await Promise.all([launchChromium(), startStack()]);
  const line = await cuttable(stack.url);
  const page = await browser.newPage();
  const field = page.locator('input[name=token]');
  const enter = async (token: string) => {
    await field.fill(token);
    await page.keyboard.press('Enter');
  };
  await page.goto(line.url);
  await field.waitFor(PATIENCE);
  expect(await seriousFindings(page)).toEqual([]);
  await enter('another one of this length');
  await page.getByText('Expected the token of this dashboard, got another.').waitFor(PATIENCE);
  expect(await page.locator('tr[data-pair]').count()).toBe(0);
  await enter(TOKEN);
  await page.locator('[data-link=live]').waitFor(PATIENCE);
  expect(await page.locator('tr[data-pair]').count()).toBeGreaterThan(0);

  line.cut();
  await page.context().clearCookies();
  line.mend();
  await field.waitFor(PATIENCE);
  await enter(TOKEN);
  await page.locator('[data-link=live]').waitFor(PATIENCE);
  await browser.close();
  await line.close();
  await stack.stop();
  vi.unstubAllEnvs();
});
