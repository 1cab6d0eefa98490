/** The page over a market that stands still but for what a test tells it: each look at it is the same. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { NOW, pastBars, TestDashboard } from '../../dashboard/dashboard.fixture.ts';
import { exitOf, position } from '../../functions/telegram-notifier/told.fixture.ts';
import { bias, row, signal } from '../../functions/trade-desk/trade-desk.fixture.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { encodeTradeBatch } from '../../schemas/trade-batch.ts';
import { launchChromium } from './chromium.ts';
import { expectNoSidewaysScroll, findingsOfViews, openView } from './view.ts';

const WAIT = { timeout: 60_000, interval: 20 };
const scalp = signal({ timestamp: NOW - 5 * MINUTE_MS, entry: 632_000, tp: 635_160, sl: 628_840 });
const events = [
  position(scalp, { kind: 'DECISION', book: 'default', price: null, size: null, reason: 'Enter 0.16.' }),
  position(scalp, { book: 'default' }),
  { ...exitOf(scalp), book: 'default', equity: 10_043.21 },
].map((event) => ({ ...event, id: `${scalp.id}:${event.kind}` }));

let browser: Browser;
let dashboard: TestDashboard;
beforeAll(async () => {
  [browser, dashboard] = await Promise.all([launchChromium(), TestDashboard.open({}, { pastBars })]);
  await dashboard.publish('market-features', row({ openTime: scalp.timestamp - MINUTE_MS }));
  await dashboard.publish('macro-bias-updates', bias('LONG', { timestamp: NOW - MINUTE_MS }));
  await dashboard.publish('trade-signals-micro', scalp);
  for (const event of events) await dashboard.publish('position-events', event);
});
afterAll(async () => {
  await browser?.close();
  await dashboard?.close();
});

/** Looks again and again. */
const becomes = <T>(look: () => T | Promise<T>, expected: T) =>
  vi.waitFor(async () => expect(await look()).toBe(expected), WAIT);
let seq = 0;
const trade = (price: number) => {
  const made = { tradeId: `${++seq}`, seq, ts: NOW + seq, price, size: 1, side: 'BUY' as const };
  const batch = { venue: 'bybit', symbol: 'BTCUSDT', trades: [made], claim: null, last: null } as const;
  return dashboard.take('raw-tick-data', encodeTradeBatch(batch));
};

describe.concurrent('the page', () => {
  it.each([
    ['dark', 1440],
    ['light', 390],
  ] as const)('keeps nobody out in its %s theme at a width of %i', async (colorScheme, width) => {
    const { page, problems } = await openView(browser, dashboard.url, { colorScheme, width });
    expect(await findingsOfViews(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('can be used without a mouse', async () => {
    const { page, problems } = await openView(browser, dashboard.url);
    const hash = () => new URL(page.url()).hash;
    const rows = page.locator('tr[data-pair]');
    const pairs = ['BTCUSDT', 'ETHUSDT'];
    expect(await page.locator('tr[data-pair] th').allTextContents()).toEqual(pairs);
    await page.keyboard.press('j');
    expect(hash()).toBe('#pair=ETHUSDT');
    await page.keyboard.press('3');
    expect(hash()).toBe('#pair=ETHUSDT&interval=15m');
    await page.keyboard.press('k');
    await page.keyboard.press('/');
    await page.keyboard.type('eth');
    await becomes(() => rows.count(), 1);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    await becomes(() => rows.count(), 2);
    await rows.locator('[aria-current]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await becomes(hash, '#pair=ETHUSDT&interval=15m');
    await page.keyboard.press('?');
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    await page.goBack();
    await becomes(hash, '#pair=BTCUSDT&interval=15m');
    expect(problems).toEqual([]);
  });

  it('fits a phone', async () => {
    const { page, problems } = await openView(browser, dashboard.url, { width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    for (const key of [']', 'p', 'f', 'r', 'c', 't']) {
      await page.keyboard.press(key);
      await expectNoSidewaysScroll(page);
    }
    expect(problems).toEqual([]);
  });
});

it('tells of a new signal to those who listen to it', async () => {
  const { page, problems } = await openView(browser, dashboard.url);
  await page.locator('[data-link=live]').waitFor();
  const news = page.locator('[aria-live=polite]');
  expect(await news.textContent()).toBe('');
  const more = signal({ timestamp: NOW, pair: 'ETHUSDT', side: 'SHORT', entry: 3_000 });
  await dashboard.publish('trade-signals-micro', more);
  await becomes(() => news.textContent(), 'Signal: SHORT ETHUSDT at 3000.');
  expect(problems).toEqual([]);
});

it.each(['reduce', 'no-preference'] as const)(
  'flashes prices unless that is not wanted: %s',
  async (reducedMotion) => {
    const { page, problems } = await openView(browser, dashboard.url, { reducedMotion });
    await page.locator('[data-link=live]').waitFor();
    const price = page.locator('tr[data-pair=BTCUSDT] td').first();
    await trade(632_000);
    await becomes(() => price.textContent(), '632,000');
    await trade(632_001);
    const flash = page.locator('tr[data-pair=BTCUSDT] .went-up');
    const name = await flash.evaluate((element) => getComputedStyle(element).animationName);
    expect(name).toBe(reducedMotion === 'reduce' ? 'none' : 'went');
    expect(problems).toEqual([]);
  },
);
