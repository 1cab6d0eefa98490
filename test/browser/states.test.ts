/** What the page says where something is missing, late or refused: states that a healthy stack seldom shows. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SymbolStats } from '../../connectors/feed/feed-stats.ts';
import { NOW, pastBars, SYMBOLS, TestDashboard } from '../../dashboard/dashboard.fixture.ts';
import { position } from '../../functions/telegram-notifier/told.fixture.ts';
import { signal } from '../../functions/trade-desk/trade-desk.fixture.ts';
import type { FeedEvent } from '../../schemas/feed-event.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { launchChromium } from './chromium.ts';
import { openView, seriousFindings } from './view.ts';

const dead = (symbol: string): SymbolStats => ({
  symbol,
  connected: false,
  isHalted: false,
  rate: 0,
  lastTradeAgeMs: 2 * MINUTE_MS,
  lagMs: null,
  publishedTrades: 120,
  stale: ['trades'],
  resyncs: 0,
  outOfSyncMs: 5_000,
  openGaps: 1,
  lostGaps: 0,
  recoveredTrades: 0,
  duplicateTrades: 0,
});
const lost: FeedEvent = {
  id: 'gap',
  venue: 'bybit',
  symbol: 'BTCUSDT',
  kind: 'DISCONNECTED',
  ts: NOW - MINUTE_MS,
  from: NOW - 2 * MINUTE_MS,
  to: null,
  cause: 'socket closed',
  tradesRecovered: 0,
  resolved: false,
};

let browser: Browser;
let dashboard: TestDashboard;
beforeAll(async () => {
  const relay = () => ({ symbols: SYMBOLS.map(dead), reconnects: 3, problem: null });
  [browser, dashboard] = await Promise.all([
    launchChromium(),
    TestDashboard.open(
      {},
      { relay, pastBars: (query) => (query.symbol === 'BTCUSDT' ? pastBars(query) : Promise.resolve([])) },
    ),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await dashboard?.close();
});

it('says that the exchange is away, since when, and what may be missing', async () => {
  await dashboard.publish('feed-events', lost);
  const { page, problems } = await openView(browser, dashboard.url);
  await page.locator('[data-link=exchange]', { hasText: 'Exchange away' }).waitFor();
  const row = page.locator('tr[data-pair=BTCUSDT]');
  await row.locator('td.doubt', { hasText: '2m' }).waitFor();
  await page.getByText('No signal yet').waitFor();
  await page.keyboard.press('f');
  const health = page.getByRole('region', { name: 'Feed health' });
  await health.locator('td.doubt', { hasText: 'disconnected' }).first().waitFor();
  const ledger = page.getByRole('region', { name: 'Gap ledger' });
  expect(await ledger.locator('tbody tr').allTextContents()).toEqual([
    'BTCUSDTbybit1 May 09:58:00goes onDisconnected0socket closed',
  ]);
  expect(await seriousFindings(page)).toEqual([]);
  expect(problems).toEqual([]);
});

it('says why there are no levels, and why there are no bars', async () => {
  const { page, problems } = await openView(browser, dashboard.url);
  await page.locator('#chart[data-pair=BTCUSDT]:not([data-levels="0"])').waitFor();
  await page.keyboard.press('j');
  await page.getByText('No levels yet: they are read when a bar of 15m closes.').waitFor();
  await page.getByText('No bars yet').waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  expect(problems).toEqual([]);
});

it('says why a signal was refused', async () => {
  const refused = signal({
    timestamp: NOW,
    entry: 61_000,
    tp: 61_305,
    sl: 60_695,
    signal_reason: 'It held.',
  });
  await dashboard.publish('trade-signals-micro', refused);
  const why = { price: null, size: null, refusal: 'COOLDOWN', reason: 'Too soon after the last.' } as const;
  await dashboard.publish(
    'position-events',
    position(refused, { kind: 'DECISION', book: 'default', ...why }),
  );
  const { page, problems } = await openView(browser, dashboard.url);
  await page.locator('.signals a', { hasText: 'Cooldown' }).click();
  const inspector = page.locator(`[data-inspects="${refused.id}"]`);
  expect(await inspector.locator('.reason').textContent()).toBe('It held.');
  expect(await inspector.locator('.outcomes li').allTextContents()).toEqual([
    'Refused: CooldownToo soon after the last.',
  ]);
  expect(await seriousFindings(page)).toEqual([]);
  expect(problems).toEqual([]);
});

it('says that the graph is not warm yet', async () => {
  let lagMs: number | null = null;
  const numbers = () => ({ lagMs, backlog: 0, alerts: { sent: 0, waiting: 0 } });
  const cold = await TestDashboard.open({}, { numbers, pastBars });
  const { page, problems } = await openView(browser, cold.url);
  await page.getByText('Warming up …').waitFor();
  lagMs = 900;
  await page.locator('[data-link=live]', { hasText: 'Simulated' }).waitFor();
  expect(problems).toEqual([]);
  await cold.close();
});
