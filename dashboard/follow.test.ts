/** Pages that come at any moment, lose their connection at any other, and must end up with the same bars. */
import { expect, it, vi } from 'vitest';
import { candle } from '../connectors/history/contract.ts';
import { candleId } from '../schemas/candle.ts';
import { MINUTE_MS } from '../schemas/primitives.ts';
import { ROUTES } from './api.ts';
import { NOW, TestDashboard, type TestPage } from './dashboard.fixture.ts';

const PATIENCE = { timeout: 60_000, interval: 10 };
const BARS = 240;
/** History is so many bars late. */
const LATE = 7;

const barOf = (n: number, revision: number) => {
  const openTime = NOW - (BARS - n) * MINUTE_MS;
  const bar = candle({ openTime, revision, close: 61_000 + (n % 9) });
  return { ...bar, id: candleId(bar) };
};
/** What is published: each bar, and every third once more, revised. */
const PUBLISHED = Array.from({ length: BARS }, (_, n) => n).flatMap((n) =>
  n % 3 === 0 && n > 0 ? [barOf(n, 62), barOf(n - 1, 63)] : [barOf(n, 62)],
);

/** As the page in the browser: asks, follows, and goes on after a drop. */
class Page {
  readonly #dashboard: TestDashboard;
  readonly bars = new Map<string, number>();
  #events: TestPage | undefined;
  #last = 0;

  constructor(dashboard: TestDashboard) {
    this.#dashboard = dashboard;
  }

  async open(): Promise<void> {
    const { answer } = ROUTES['/api/candles'];
    const got = answer.parse((await this.#dashboard.ask('/api/candles?pair=BTCUSDT&limit=2000')).json());
    for (const { openTime, revision } of got.bars) this.#take(new Date(openTime).toISOString(), revision);
    this.#last = got.eventId;
    await this.resume();
  }

  async resume(): Promise<void> {
    this.#events = await this.#dashboard.follow(this.#last);
  }

  /** The connection breaks. */
  drop(): void {
    this.#events!.cut();
    this.read();
  }

  read(): void {
    const events = this.#events!;
    expect(events.named('reset')).toEqual([]);
    const ids = events.events.map(({ id }) => id);
    expect(ids.every((id, i) => id > (ids[i - 1] ?? this.#last))).toBe(true);
    for (const { data } of events.named('candle')) this.#take(String(data.openTime), Number(data.revision));
    this.#last = Math.max(this.#last, events.last);
    events.events.length = 0;
  }

  #take(openTime: string, revision: number): void {
    this.bars.set(openTime, Math.max(revision, this.bars.get(openTime) ?? 0));
  }
}

it('ends up with what was published, whenever a page came and whatever it lost', async () => {
  const dashboard = await TestDashboard.open();
  const pages: Page[] = [];
  for (const [n, bar] of PUBLISHED.entries()) {
    await dashboard.publish('market-candles', bar, false);
    const late = PUBLISHED[n - LATE];
    if (late) await dashboard.keep('market-candles', late);
    if (n % 30 === 11) {
      pages.push(new Page(dashboard));
      await pages.at(-1)!.open();
    }
    const page = pages[n % 10];
    if (page && n % 4 === 1) {
      page.drop();
      await page.resume();
    }
  }
  const wanted = new Map<string, number>();
  for (const { openTime, revision } of PUBLISHED) {
    const time = new Date(openTime).toISOString();
    wanted.set(time, Math.max(revision, wanted.get(time) ?? 0));
  }
  expect(pages.length).toBeGreaterThan(8);
  for (const [n, page] of pages.entries()) {
    await vi.waitFor(() => {
      page.read();
      expect(Object.fromEntries(page.bars), `page ${n}`).toEqual(Object.fromEntries(wanted));
    }, PATIENCE);
    page.drop();
  }
  await dashboard.close();
});
