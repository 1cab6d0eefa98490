/** The whole platform in one process, on a simulated market and before a Telegram of our own that refuses at first. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LocalStack } from '../cli/local-stack.ts';
import { type MarketSource, simulatedSource } from '../cli/market-source.ts';
import { StackConfig } from '../cli/stack-config.ts';
import { BotApi, TOKEN } from '../connectors/messenger/bot-api.fixture.ts';
import { scraped, unlisted } from '../connectors/metrics/exposition.fixture.ts';
import { textsOf } from '../functions/chart-renderer/picture/png-texts.ts';
import { MacroBias } from '../schemas/macro.ts';
import { STAGES } from '../schemas/metrics.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { PositionEvent } from '../schemas/position-event.ts';
import type { TopicName } from '../schemas/topics.ts';

const SYMBOLS = ['SOLUSDT', 'XRPUSDT'];
const CHAT = '42';
/** Before the market gives signals, and four minutes before a slot of the MACRO engine. */
const START = Date.UTC(2026, 0, 5, 9, 26);
const SLOTS = [Date.UTC(2026, 0, 5, 9, 15), Date.UTC(2026, 0, 5, 9, 30)];
const PATIENCE = { timeout: 50_000, interval: 20 };
/** Two books: one as it is by default but for a short patience, one of half the size. */
const CONFIG = StackConfig.parse({
  desk: {
    books: [
      { paper: { timeoutMs: 60_000 } },
      { book: 'half', paper: { timeoutMs: 60_000 }, risk: { margin: 0.05 } },
    ],
  },
});

interface Line {
  readonly kind: 'text' | 'photo' | 'edit';
  readonly id: number;
  readonly html: string;
  readonly replyTo: number | null;
  readonly file: string | null;
}

const dir = mkdtempSync(join(tmpdir(), 'stack-'));
const events: PositionEvent[] = [];
const biases: MacroBias[] = [];
const telegram = new BotApi();
let source: MarketSource;
let stack: LocalStack;
let running: Promise<void>;

const lines = (): Line[] =>
  readFileSync(join(dir, 'alerts', 'messages.ndjson'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
const told = () => telegram.seen(CHAT).map(({ html }) => html);
const of = (kind: PositionEvent['kind'], book = 'default') =>
  events.filter((event) => event.kind === kind && event.book === book);
const has = (ok: () => boolean) => vi.waitFor(() => expect(ok()).toBe(true), PATIENCE);

async function read(topic: TopicName, take: (record: unknown) => void): Promise<void> {
  const subscription = await stack.subscribe(topic, 'test');
  void (async () => {
    for (;;) {
      const deliveries = await subscription.pull(100);
      if (deliveries.length === 0) return;
      for (const delivery of deliveries) {
        take(JSON.parse(Buffer.from(delivery.data).toString()));
        delivery.ack();
      }
    }
  })();
}

beforeAll(async () => {
  await telegram.start();
  telegram.fault = ({ method }) => (method === 'sendMessage' ? { what: 'retry', retryAfter: 1 } : null);
  source = await simulatedSource({ seed: 1, speed: 600, symbols: SYMBOLS, startMs: START });
  stack = await LocalStack.open({
    source,
    symbols: SYMBOLS,
    params: DEFAULT_PARAMS,
    config: CONFIG,
    dir,
    seed: 1,
    survives: 'process',
    notice: () => {},
    onChart: () => {},
    telegram: { token: TOKEN, chats: [CHAT], apiRoot: telegram.url },
  });
  await read('position-events', (record) => void events.push(PositionEvent.parse(record)));
  await read('macro-bias-updates', (record) => void biases.push(MacroBias.parse(record)));
  running = stack.run();
}, 60_000);

afterAll(async () => {
  await stack.stop();
  await running;
  await source.close();
  await telegram.stop();
});

describe('a stack', { timeout: 60_000 }, () => {
  it('turns signals into entries, alerts, charts and exits, while Telegram refuses', async () => {
    await has(() => of('EXIT').length > 0 && of('EXIT', 'half').length > 0);
    const [exit] = of('EXIT');
    const entry = of('ENTRY').find(({ signalId }) => signalId === exit?.signalId);
    const isOf = ({ html }: Line) => html.includes(exit!.signalId);
    await has(() =>
      lines().some((line) => line.kind === 'edit' && isOf(line) && line.html.includes('TIMEOUT')),
    );
    const alert = lines().find((line) => line.kind === 'text' && isOf(line))!;
    expect(alert.html).toContain(`TP <code>${entry?.tp}</code>`);
    await has(() => lines().some(({ kind, replyTo }) => kind === 'photo' && replyTo === alert.id));
    const photo = lines().find(({ kind, replyTo }) => kind === 'photo' && replyTo === alert.id);
    const png = readFileSync(join(dir, 'alerts', photo!.file!));
    expect(Object.values(textsOf(png))).toContain(exit!.signalId);
    expect(told()).toEqual([]);
  });

  it('has books whose equity is what their exits made', async () => {
    const names = (await stack.books()).map(({ book }) => book);
    expect(names.toSorted()).toEqual(['default', 'half']);
    for (const { book, equity } of await stack.books()) {
      await has(() => of('EXIT', book).some((event) => event.equity === equity));
      const exits = of('EXIT', book);
      const until = exits.findIndex((event) => event.equity === equity) + 1;
      const made = exits.slice(0, until).reduce((sum, { pnl }) => sum + pnl!, 10_000);
      expect(equity).toBeCloseTo(made, 6);
    }
    const [whole, half] = [of('ENTRY')[0]!, of('ENTRY', 'half')[0]!];
    expect(half.signalId).toBe(whole.signalId);
    expect(half.size! / whole.size!).toBeCloseTo(0.5, 2);
  });

  it('publishes a bias of each pair at each slot, and no other', async () => {
    await has(() => biases.some(({ timestamp }) => timestamp === SLOTS[1]));
    const ids = SLOTS.flatMap((slot) => SYMBOLS.map((pair) => `${pair}:${slot}`));
    await has(() => ids.every((id) => biases.some((bias) => bias.id === id)));
    expect(
      biases
        .map(({ id }) => id)
        .filter((id) => Number(id.split(':')[1]) <= SLOTS[1]!)
        .toSorted(),
    ).toEqual(ids.toSorted());
  });

  it('refuses entries from the moment on that a person pauses it', async () => {
    telegram.fault = () => null;
    const message = { message_id: 7, date: 0, chat: { id: Number(CHAT), type: 'private' }, text: '/pause' };
    telegram.updates.add({ message });
    await has(() => told().some((html) => html.includes('What is open runs on')));
    const at = events.length;
    await has(() => events.slice(at).some(({ refusal }) => refusal === 'PAUSED'));
    const later = events.slice(at).filter(({ kind }) => kind !== 'EXIT');
    const first = later.findIndex(({ refusal }) => refusal === 'PAUSED');
    expect(later.slice(first).filter(({ refusal }) => refusal === null)).toEqual([]);
  });

  it('brings Telegram every alert once it takes them, once and in order', async () => {
    const ids = (html: string) => /"id": ?"([^"]+)"/.exec(html)?.[1] ?? [];
    const alerts = () =>
      lines()
        .filter(({ kind }) => kind === 'text')
        .flatMap(({ html }) => ids(html));
    await has(() => told().flatMap(ids).length >= alerts().length);
    expect(alerts().length).toBeGreaterThan(0);
    expect(told().flatMap(ids)).toEqual(alerts());
    expect(new Set(alerts()).size).toBe(alerts().length);
  });

  it('tells of every stage in numbers that are what was seen', async () => {
    const text = await stack.metrics();
    expect(unlisted(text)).toEqual([]);
    const all = scraped(text);
    const sum = (name: string, wanted: Record<string, string> = {}) =>
      all
        .filter(
          (one) =>
            one.name === name && Object.entries(wanted).every(([label, is]) => one.labels[label] === is),
        )
        .reduce((total, { value }) => total + value, 0);
    const exits = sum('cst_desk_events_total', { book: 'half', kind: 'EXIT' });
    await has(() => of('EXIT', 'half').length >= exits);
    expect(exits).toBeGreaterThan(0);
    expect(sum('cst_macro_biases_total')).toBeGreaterThanOrEqual(SLOTS.length * SYMBOLS.length);
    expect(sum('cst_relay_stream_trades_published_total')).toBeGreaterThan(0);
    for (const name of [
      'cst_graph_running',
      'cst_alert_seconds_count',
      'cst_charts_total',
      'cst_history_rows_total',
    ]) {
      expect([name, sum(name) > 0]).toEqual([name, true]);
    }
    expect(sum('cst_stage_up')).toBe(STAGES.length);
    expect(stack.health()).toMatchObject({ state: 'running' });
  });

  it('keeps its files in its folder', () => {
    expect(readdirSync(dir)).toEqual(
      expect.arrayContaining([
        'alerts',
        'bus',
        'history.duckdb',
        'outbox.sqlite',
        'state.sqlite',
        'tasks.sqlite',
      ]),
    );
  });
});
