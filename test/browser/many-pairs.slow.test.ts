/** 25 pairs in one page. `CST_DASHBOARD_MINUTES=10`: for ten minutes of a market at its own pace. */
import { readFile } from 'node:fs/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { INSTRUMENTS } from '../../connectors/exchanges/simulated/instruments.ts';
import { ENVIRONMENT } from '../engines/needs.ts';
import { launchChromium } from './chromium.ts';
import { type Stack, startStack } from './stack.ts';
import { openView } from './view.ts';

/** Minutes at the pace of a live market, where somebody asks for them; else an hour of the market in a minute or so. */
const REAL_MINUTES = Number(ENVIRONMENT.CST_DASHBOARD_MINUTES ?? 0);
const [MINUTES, SPEED] = REAL_MINUTES > 0 ? [REAL_MINUTES, 1] : [60, 60];
/** Before, caches fill. */
const WARM = Math.ceil(MINUTES / 3);
/** With more room than it needs, Node leaves rubbish lying about. */
const HEAP = '--max-old-space-size=1024';
/** The stack's windows fill for hours yet: this bounds its first hour, and does not say that it is flat. Unit: MiB. */
const MOST_RSS = 1_200;
const MIB = 2 ** 20;

interface Sample {
  /** Of the page after a collection, MiB. */
  readonly heap: number;
  readonly elements: number;
  /** Of the stack and its dashboard, MiB. */
  readonly rss: number;
}

let browser: Browser;
let stack: Stack;

beforeAll(async () => {
  const symbols = INSTRUMENTS.map(({ symbol }) => symbol).join(',');
  const words = ['--seed', '1', '--speed', String(SPEED), '--symbols', symbols];
  [browser, stack] = await Promise.all([launchChromium(), startStack(words, [HEAP])]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

it(`follows 25 pairs for ${MINUTES} minutes in bounded memory`, async ({ annotate }) => {
  const { page, problems } = await openView(browser, stack.url);
  page.setDefaultTimeout(180_000);
  expect(await page.locator('tr[data-pair]').count()).toBe(25);
  const session = await page.context().newCDPSession(page);
  const samples: Sample[] = [];
  while (samples.length < MINUTES) {
    await nextMinute(page);
    samples.push(await sample(page, session, stack.child.pid!));
    await page.keyboard.press('j');
    await page.keyboard.press(String(1 + (samples.length % 2)));
  }
  const table = samples.map(({ heap, elements, rss }) => `${heap.toFixed(1)} ${elements} ${rss.toFixed(0)}`);
  await annotate(`heap MiB, elements, RSS MiB, each minute: ${table.join('; ')}`);
  const most = (of: (sample: Sample) => number) => Math.max(...samples.slice(WARM).map(of));
  const known = (of: (sample: Sample) => number) => Math.max(...samples.slice(0, WARM).map(of));
  expect(most(({ heap }) => heap)).toBeLessThan(known(({ heap }) => heap) + 8);
  expect(most(({ elements }) => elements)).toBeLessThan(3_000);
  expect(most(({ rss }) => rss)).toBeLessThan(MOST_RSS);
  expect(problems).toEqual([]);
});

/** Of the market. */
async function nextMinute(page: Page): Promise<void> {
  const clock = page.locator('.clock');
  const now = (await clock.textContent())?.slice(0, 5) ?? '';
  await clock.and(page.locator(`:not(:text("${now}:"))`)).waitFor();
}

async function sample(page: Page, session: CDPSession, pid: number): Promise<Sample> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const rss = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024;
  return { heap: usedSize / MIB, elements: await page.locator('*').count(), rss };
}
