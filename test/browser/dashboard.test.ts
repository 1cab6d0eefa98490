import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { launchChromium } from './chromium.ts';
import { type Cuttable, cuttable } from './cuttable.ts';
import { type Stack, startStack } from './stack.ts';
import { changeOf, closedBars, openView, shownBars } from './view.ts';

const WAIT = { timeout: 240_000, interval: 50 };

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

describe.concurrent('the dashboard of cst start', { timeout: 300_000 }, () => {
  it('moves its candles', async () => {
    const { page, problems } = await openView(browser, stack.url);
    const chart = page.locator('#chart canvas').first();
    const before = await chart.screenshot();
    await changeOf(page, 'data-close');
    await changeOf(page, 'data-newest');
    expect((await chart.screenshot()).equals(before)).toBe(false);
    await page.locator('#chart[data-levels]:not([data-levels="0"])').waitFor();
    expect(await page.locator('.chart-head [data-levels=none]').count()).toBe(0);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('shows a signal with its mark, its reasons, its picture and what the desk did', async () => {
    const { page, problems } = await openView(browser, stack.url);
    const signal = page.locator('[data-signal]').first();
    const id = (await signal.getAttribute('data-signal')) ?? '';
    await signal.locator('a').click();
    const inspector = page.locator(`[data-inspects="${id}"]`);
    const { signal: told } = await answer(`api/signals/${encodeURIComponent(id)}`);
    await becomes(() => inspector.locator('.reason').textContent(), told.signal_reason);
    const held = Object.values(told.exhaustion_checks).filter(Boolean).length;
    expect(await inspector.locator('.checks .holds').count()).toBe(held);
    await inspector.locator('.outcomes li').first().waitFor();
    const picture = inspector.locator('img');
    await picture.scrollIntoViewIfNeeded();
    await becomes(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth), 1_024);
    await page.locator(`#chart[data-pair="${told.pair}"]:not([data-signals="0"])`).waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('says that the line is cut, and goes on without a gap', async () => {
    const { page } = await openView(browser, line.url);
    await page.keyboard.press('t');
    await page.locator('#bars tbody tr').first().waitFor();
    const shown = newestOf(await shownBars(page));
    line.cut();
    await page.locator('[data-link=reconnecting]').waitFor();
    await page.getByText('Not connected: all is as of').waitFor();
    await page.keyboard.press('p');
    await page.getByText('This could not be loaded').waitFor();
    await becomes(async () => newestOf(await closedBars(stack.url)) > later(shown, 2), true);
    line.mend();
    await page.locator('[data-link=live]').waitFor();
    await page.locator('#panel .view').waitFor();
    await page.keyboard.press('c');
    await vi.waitFor(async () => {
      const kept = await closedBars(stack.url);
      const bars = await shownBars(page);
      expect(bars.length).toBeGreaterThan(200);
      expect(bars).toEqual(kept.slice(-bars.length));
    }, WAIT);
    await page.context().close();
  });
});

/** Looks again and again. */
function becomes<T>(look: () => T | Promise<T>, expected: T): Promise<void> {
  return vi.waitFor(async () => expect(await look()).toBe(expected), WAIT);
}

async function answer(path: string) {
  return (await fetch(new URL(path, stack.url))).json();
}

function newestOf(bars: readonly { readonly openTime: string }[]): string {
  return bars.at(-1)?.openTime ?? '';
}

function later(iso: string, minutes: number): string {
  return new Date(Date.parse(iso) + minutes * 60_000).toISOString();
}
