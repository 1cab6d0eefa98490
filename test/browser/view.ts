/** A page of the dashboard in a browser, and everything it did that it should not. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { z } from 'zod';
import type { Candles } from '../../dashboard/api.ts';

export interface View {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught errors, requests to others: empty where all is well. */
  readonly problems: string[];
}

export interface ViewOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'dark' | 'light';
  readonly reducedMotion?: 'reduce' | 'no-preference';
  readonly hash?: string;
}

/** A busy machine must not turn a proof into a timing test. */
const PATIENCE_MS = 240_000;

export async function openView(browser: Browser, url: string, options: ViewOptions = {}): Promise<View> {
  const { width = 1440, height = 900, hash = '', ...media } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: 'dark', ...media });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) problems.push(`asks ${request.url()}`);
  });
  await page.goto(`${url}${hash}`);
  await page.locator('#chart[data-bars]:not([data-bars="0"])').waitFor({ state: 'attached' });
  return { page, problems };
}

/** Resolves once the attribute of the drawn chart is another one than now, with what it is then. */
export async function changeOf(page: Page, name: string): Promise<string> {
  const before = await page.locator('#chart').getAttribute(name);
  await page.waitForFunction(
    ([name, before]) => document.querySelector('#chart')?.getAttribute(name!) !== before,
    [name, before] as const,
  );
  return (await page.locator('#chart').getAttribute(name)) ?? '';
}

export interface ShownBar {
  readonly openTime: string;
  readonly revision: number;
  /** Open, high, low and close. */
  readonly prices: readonly number[];
}

/** Bars of the table, oldest first; those that still form left out. */
export async function shownBars(page: Page): Promise<ShownBar[]> {
  const bars = await page.locator('#bars tbody tr').evaluateAll((rows) =>
    rows.map((row) => ({
      openTime: row.getAttribute('data-open-time') ?? '',
      revision: Number(row.getAttribute('data-revision')),
      prices: [...row.querySelectorAll('td')]
        .slice(0, 4)
        .map((cell) => Number(cell.textContent?.replaceAll(',', ''))),
    })),
  );
  return bars.filter(({ revision }) => revision >= 0).reverse();
}

/** Closed bars as the server has them, oldest first. */
export async function closedBars(url: string): Promise<ShownBar[]> {
  const answer = await fetch(`${url}api/candles?pair=BTCUSDT&limit=500`);
  const { bars }: z.input<typeof Candles> = JSON.parse(await answer.text());
  return bars.map(({ openTime, revision, open, high, low, close }) => ({
    openTime,
    revision,
    prices: [open, high, low, close],
  }));
}

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Findings that keep people out, by rule and place. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // As the developer tools do: the page's own policy stays as it is.
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations } = await page.evaluate<AxeResults>("axe.run({ resultTypes: ['violations'] })");
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`),
    );
}

/** Of each view, with a signal inspected, and of the help. */
export async function findingsOfViews(page: Page): Promise<string[]> {
  const findings: string[] = [];
  for (const key of ['t', 'p', 'f', 'r']) {
    await page.keyboard.press(key);
    await page.locator(key === 't' ? '#bars table' : '#panel .view').waitFor();
    findings.push(...(await seriousFindings(page)));
  }
  await page.locator('[data-signal]').first().waitFor();
  for (const key of ['c', 't', ']']) await page.keyboard.press(key);
  await page.locator('.inspector').waitFor();
  findings.push(...(await seriousFindings(page)));
  await page.keyboard.press('?');
  findings.push(...(await seriousFindings(page)));
  return findings;
}

/** No wider than the screen. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [content, screen] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  expect(content).toBe(screen);
}
