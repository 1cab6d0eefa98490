/** `npm run pictures`: the pictures of the documents, taken of a seeded run in a real browser. */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { startStack } from './stack.ts';
import { openView, type ViewOptions } from './view.ts';

const DOCS = resolve(import.meta.dirname, '../../docs');
const PATIENCE = { timeout: 300_000 };

interface Picture extends ViewOptions {
  readonly name: string;
  readonly prepare: (page: Page) => Promise<void>;
}

const inspect = async (page: Page) => {
  await page
    .locator('.signals a', { has: page.locator('.outcome', { hasText: /^(TP|SL|Open)/ }) })
    .first()
    .click();
  await page.locator('.inspector .outcomes li').waitFor();
  const picture = page.locator('.inspector img');
  await picture.scrollIntoViewIfNeeded();
  await picture.evaluate((img: HTMLImageElement) => img.decode());
  await page.locator('.inspector header').scrollIntoViewIfNeeded();
};
const press = (key: string) => async (page: Page) => {
  await page.keyboard.press(key);
  await page.locator('#panel .view').waitFor();
};

const PICTURES: readonly Picture[] = [
  { name: 'dashboard', prepare: inspect },
  { name: 'dashboard-light', colorScheme: 'light', prepare: inspect },
  { name: 'dashboard-phone', width: 390, height: 844, prepare: async () => {} },
  { name: 'dashboard-positions', prepare: press('p') },
];

const [browser, stack] = await Promise.all([launchChromium(), startStack(['--seed', '1', '--speed', '120'])]);
try {
  await untilSomethingHappened(browser, stack.url);
  for (const picture of PICTURES) await take(browser, stack.url, picture);
} finally {
  await browser.close();
  await stack.stop();
}

/** A closed position, so that all that there can be is in the pictures. */
async function untilSomethingHappened(browser: Browser, url: string): Promise<void> {
  const { page } = await openView(browser, url);
  await page
    .locator('.signals .outcome', { hasText: /^(TP|SL)/ })
    .nth(2)
    .waitFor(PATIENCE);
  await page.context().close();
}

async function take(browser: Browser, url: string, { name, prepare, ...view }: Picture): Promise<void> {
  const { page } = await openView(browser, url, view);
  await page.locator('[data-link=live]').waitFor();
  await prepare(page);
  await page.evaluate(() => document.fonts.ready);
  const path = join(DOCS, `${name}.png`);
  await writeFile(path, await page.screenshot({ animations: 'disabled' }));
  console.log(`wrote docs/${name}.png`);
  await page.context().close();
}
