import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { z } from 'zod';
import { candle } from '../connectors/history/contract.ts';
import type { CandleSource } from '../functions/macro-engine/gather.ts';
import { exitOf, position } from '../functions/telegram-notifier/told.fixture.ts';
import { bias, row, signal } from '../functions/trade-desk/trade-desk.fixture.ts';
import { candleId } from '../schemas/candle.ts';
import { ConfigError, UpstreamError } from '../schemas/errors.ts';
import { INTERVAL_MS, type Interval, MINUTE_MS } from '../schemas/primitives.ts';
import { encodeTradeBatch } from '../schemas/trade-batch.ts';
import { levelSet } from '../transforms/strategies/rows.fixture.ts';
import { EVENTS, type EventName, ROUTES, type Route } from './api.ts';
import { NOW, TestDashboard } from './dashboard.fixture.ts';

const PATIENCE = { timeout: 20_000, interval: 10 };
const PNG = Buffer.from('picture');
const scalp = signal({ timestamp: NOW - MINUTE_MS });
const events = [
  position(scalp, { kind: 'DECISION', book: 'default', price: null, size: null, reason: 'Enter 0.16.' }),
  position(scalp, { book: 'default' }),
  { ...exitOf(scalp), book: 'default', equity: 10_043.21 },
].map((event) => ({ ...event, id: `${scalp.id}:default:${event.kind}` }));
const barAt = (openTime: number, close: number, revision = 1_000_001) => {
  const bar = candle({ openTime, high: 70_000, close, coverage: 1, complete: true, revision });
  return { ...bar, id: candleId(bar) };
};
const LEVELS = levelSet([], { id: 'BTCUSDT:1:1', asOf: NOW - 5 * MINUTE_MS, atr: null, atrBaseline: null });

let dashboard: TestDashboard;
beforeAll(async () => {
  dashboard = await TestDashboard.open({}, { drawChart: async () => PNG });
  for (const [n, isKept] of [true, true, false].entries()) {
    await dashboard.publish('market-candles', barAt(NOW - (4 - n) * MINUTE_MS, 61_000 + n), isKept);
  }
  // Revised on its way to history.
  await dashboard.publish('market-candles', barAt(NOW - 3 * MINUTE_MS, 60_500, 1_000_002), false);
  await dashboard.publish('market-levels', LEVELS);
  await dashboard.publish(
    'market-features',
    row({ openTime: scalp.timestamp - MINUTE_MS, rsi7: 12.5, levelsAsOf: LEVELS.asOf }),
  );
  await dashboard.publish('macro-bias-updates', bias('LONG', { timestamp: NOW - 3_600_000 }));
  await dashboard.publish('trade-signals-micro', scalp);
  for (const event of events) await dashboard.publish('position-events', event, event.kind !== 'EXIT');
  const trade = { tradeId: '1', seq: 1, ts: NOW + 1, price: 61_234.5, size: 2, side: 'BUY' as const };
  await dashboard.take(
    'raw-tick-data',
    encodeTradeBatch({ venue: 'bybit', symbol: 'BTCUSDT', trades: [trade], claim: null, last: null }),
  );
});
afterAll(() => dashboard.close());

type Answer<R extends Route> = z.output<(typeof ROUTES)[R]['answer']>;

const answer = async <R extends Route>(route: R, path: string = route): Promise<Answer<R>> => {
  const { status, json, body } = await dashboard.ask(path);
  expect(status, body.toString()).toBe(200);
  // Strict: nothing travels that the schema does not name.
  return ROUTES[route].answer.strict().parse(json()) as Answer<R>;
};

describe('an answer', () => {
  it.each([
    ['/api/session', '/api/session'],
    ['/api/overview', '/api/overview'],
    ['/api/candles', '/api/candles?pair=BTCUSDT'],
    ['/api/levels', '/api/levels?pair=ETHUSDT'],
    ['/api/features', '/api/features?pair=BTCUSDT&limit=5'],
    ['/api/signals', '/api/signals?before=2030-01-01T00:00:00.000Z'],
    ['/api/signals/:id', `/api/signals/${encodeURIComponent(scalp.id)}`],
    ['/api/positions', '/api/positions'],
    ['/api/equity', '/api/equity?book=default'],
    ['/api/feed', '/api/feed'],
    ['/api/replays', '/api/replays'],
  ] as const)('%s is what its schema says', async (route, path) => {
    await answer(route, path);
  });

  it('holds what history has, and what is on its way there', async () => {
    const { bars, forming } = await answer('/api/candles', '/api/candles?pair=BTCUSDT&limit=3');
    expect(bars.map(({ close }) => close)).toEqual([61_000, 60_500, 61_002]);
    expect(forming).toMatchObject({ openTime: NOW, open: 61_234.5, volume: 2 });
  });

  it('goes back in time', async () => {
    const before = new Date(NOW - 3 * MINUTE_MS).toISOString();
    const { bars, forming } = await answer('/api/candles', `/api/candles?pair=BTCUSDT&before=${before}`);
    expect(bars.map(({ close }) => close)).toEqual([61_000]);
    expect(forming).toBeNull();
  });

  it('tells of each pair', async () => {
    await vi.waitFor(async () => expect((await answer('/api/overview')).books).toHaveLength(1), PATIENCE);
    const { pairs, status, version } = await answer('/api/overview');
    expect(version).toBe('1.2.3');
    expect(status).toMatchObject({ signals: 1, candles: 4, lagMs: 4_000, alerts: { sent: 2, waiting: 1 } });
    const { bias: known, lastSignal, ...btc } = pairs[0]!;
    expect(btc).toMatchObject({ pair: 'BTCUSDT', lastPrice: 61_234.5, coverage: 1, connected: false });
    expect(known).toMatchObject({ bias: 'LONG' });
    expect(lastSignal).toMatchObject({ id: scalp.id, outcomes: [{ state: 'CLOSED', exit: { how: 'TP' } }] });
    expect(pairs[1]).toMatchObject({ pair: 'ETHUSDT', lastPrice: null, bias: null, lastSignal: null });
  });

  it('explains a signal', async () => {
    const path = `/api/signals/${encodeURIComponent(scalp.id)}`;
    const detail = await answer('/api/signals/:id', path);
    expect(detail).toMatchObject({
      signal: { signal_reason: 'test', params_hash: 'p' },
      outcomes: [{ book: 'default', state: 'CLOSED', exit: { pnl: 43.21 } }],
      events: [{ kind: 'DECISION' }, { kind: 'ENTRY' }, { kind: 'EXIT' }],
      features: { rsi7: 12.5 },
      levels: { id: LEVELS.id },
      bias: { bias: 'LONG' },
      chart: `/charts/${encodeURIComponent(scalp.id)}.png`,
      trace: null,
    });
    expect(detail.alert).toMatch(/LONG.*BTCUSDT[\s\S]*TP/);
    const picture = await dashboard.ask(detail.chart!);
    expect([picture.status, picture.headers['content-type'], picture.body]).toEqual([200, 'image/png', PNG]);
  });

  it('tells of positions that are over, and of equity before the first, after each and now', async () => {
    const { closed } = await answer('/api/positions');
    expect(closed).toMatchObject([{ signalId: scalp.id, outcome: { exit: { pnl: 43.21 } } }]);
    const { points } = await answer('/api/equity');
    expect(points.map(({ book, equity }) => [book, Math.round(equity * 100) / 100])).toEqual([
      ['default', 10_000],
      ['default', 10_043.21],
      ['default', 10_000],
    ]);
  });

  it.each([
    ['/api/candles', 400],
    ['/api/candles?pair=BTCUSDT&interval=7m', 400],
    ['/api/candles?pair=BTCUSDT&limit=1000000', 400],
    ['/api/candles?pair=BTCUSDT&before=yesterday', 400],
    ['/api/candles?pair=BTCUSDT&unknown=1', 400],
    ['/api/candles?pair=DOGEUSDT', 404],
    ['/api/signals/none', 404],
    ['/api/signals/%zz', 400],
    ['/charts/none.png', 404],
    ['/api/replay/overview', 404],
    ['/api/nothing', 404],
    ['/api/__proto__', 404],
    ['/api/toString', 404],
    ['//', 400],
    ['/../package.json', 404],
    ['/..%2f..%2fpackage.json', 404],
    ['/page/../../package.json', 404],
    ['/%2e%2e/%2e%2e/etc/passwd', 404],
    ['//etc/passwd', 404],
    ['/charts/..%2f..%2fpackage.json.png', 404],
    ['/main.ts%00.png', 404],
    ['/server/assets.ts', 404],
    ['/modules/../../package.json', 404],
  ])('to %s is a problem: %i', async (path, status) => {
    const { headers, json, ...got } = await dashboard.ask(path);
    expect(got.status).toBe(status);
    expect(json()).toEqual({ error: expect.stringMatching(/\S/) });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });

  it('is compressed for who can read it', async () => {
    const path = '/api/overview';
    const { headers, body } = await dashboard.ask(path, { headers: { 'accept-encoding': 'gzip' } });
    expect(headers['content-encoding']).toBe('gzip');
    ROUTES[path].answer.parse(JSON.parse(gunzipSync(body).toString()));
  });
});

describe('bars of before the history', () => {
  const pastBar = (query: { interval: Interval; symbol: string }, openTime: number) => {
    const bar = candle({ ...query, openTime, high: 70_000, low: 50_000, close: 60_000 });
    return { ...bar, id: candleId(bar) };
  };

  it('are those of the exchange', async () => {
    const pastBars: CandleSource = async ({ interval, symbol, fromMs, toMs }) => {
      const length = INTERVAL_MS[interval];
      const count = Math.ceil((toMs - fromMs) / length);
      return Array.from({ length: count }, (_, n) => pastBar({ interval, symbol }, fromMs + n * length));
    };
    const other = await TestDashboard.open({}, { pastBars });
    await other.publish('market-candles', barAt(NOW - 2 * MINUTE_MS, 63_000));
    const { bars } = ROUTES['/api/candles'].answer.parse(
      (await other.ask('/api/candles?pair=BTCUSDT&limit=4')).json(),
    );
    // The minute before now is on its way to us.
    expect(bars.map(({ openTime, close }) => [(openTime - NOW) / MINUTE_MS, close])).toEqual([
      [-4, 60_000],
      [-3, 60_000],
      [-2, 63_000],
    ]);
    await vi.waitFor(async () => {
      const { pairs } = ROUTES['/api/overview'].answer.parse((await other.ask('/api/overview')).json());
      expect(pairs[0]).toMatchObject({ lastPrice: 63_000, dayAgo: 60_000 });
    }, PATIENCE);
    await other.close();
  });

  it('are none where it does not answer, of which people are told', async () => {
    const pastBars = () => Promise.reject(new UpstreamError('429'));
    const other = await TestDashboard.open({}, { pastBars });
    const { status, json } = await other.ask('/api/candles?pair=BTCUSDT');
    expect([status, json()]).toMatchObject([200, { bars: [], forming: null }]);
    const { notices } = ROUTES['/api/overview'].answer.parse((await other.ask('/api/overview')).json());
    expect(notices.map(({ text }) => text)).toContain('Bars of the past: 429');
    await other.close();
  });
});

describe('the page', () => {
  it('is served with its scripts, whose imports a browser finds', async () => {
    const { status, headers, body } = await dashboard.ask('/');
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const found = new Set<string>();
    const visit = async (path: string) => {
      if (found.has(path)) return;
      found.add(path);
      const script = await dashboard.ask(path);
      expect([path, script.status, script.headers['content-type']]).toEqual([
        ...[path, 200, 'text/javascript; charset=utf-8'],
      ]);
      for (const [, name] of script.body.toString().matchAll(/\bfrom\s*["']([^"'\s]+)["']/g)) {
        await visit(new URL(name!, `http://here${path}`).pathname);
      }
    };
    for (const [, src] of body.toString().matchAll(/<script[^>]* src="([^"]+)"/g))
      await visit(new URL(src!, 'http://here').pathname);
    expect([...found]).toEqual(expect.arrayContaining(['/main.ts', '/modules/lightweight-charts.js']));
  });

  it('is not sent again while it has not changed', async () => {
    const { headers } = await dashboard.ask('/main.ts');
    const again = await dashboard.ask('/main.ts', { headers: { 'if-none-match': headers.etag! } });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    const head = await dashboard.ask('/main.ts', { method: 'HEAD' });
    expect([head.status, head.body.length]).toEqual([200, 0]);
  });
});

describe('events', () => {
  it('are what their schemas say, from where an answer left off', async () => {
    const { eventId } = await answer('/api/overview');
    const page = await dashboard.follow(eventId);
    const later = signal({ timestamp: NOW });
    await dashboard.publish('trade-signals-micro', later);
    await dashboard.publish('trade-signals-micro', later, false);
    const refusal = {
      kind: 'DECISION',
      refusal: 'COOLDOWN',
      book: 'default',
      price: null,
      size: null,
    } as const;
    await dashboard.publish('position-events', position(later, refusal));
    dashboard.notice('The disk is almost full.');
    await vi.waitFor(() => expect(page.named('notice')).toHaveLength(1), PATIENCE);
    await vi.waitFor(() => expect(page.named('status').length).toBeGreaterThan(0), PATIENCE);
    for (const { name, data } of page.events) EVENTS[name as EventName].data.strict().parse(data);
    expect(page.named('signal').map(({ data }) => data)).toMatchObject([
      { id: later.id, outcomes: [] },
      { id: later.id, outcomes: [{ state: 'REFUSED', refusal: 'COOLDOWN' }] },
    ]);
    page.cut();
  });

  it('go on after what cannot be read, of which people are told', async () => {
    await dashboard.take('market-candles', Buffer.from('{"half":'));
    await dashboard.take('raw-tick-data', Buffer.from('no batch'));
    const { notices } = await answer('/api/overview');
    expect(notices).toMatchObject([
      { text: expect.stringContaining('raw-tick-data') },
      { text: expect.stringContaining('market-candles') },
      { text: 'The disk is almost full.' },
    ]);
  });
});

describe('where it is served', () => {
  it('is no address of others without a token', async () => {
    await expect(TestDashboard.open({ host: '0.0.0.0' })).rejects.toThrow(ConfigError);
  });

  it('is the port that was named, or any where none was', async () => {
    const port = Number(new URL(dashboard.url).port);
    await expect(TestDashboard.open({ port })).rejects.toThrow(UpstreamError);
    const other = await TestDashboard.open({ port, isPortFlexible: true });
    expect((await other.ask('/api/session')).status).toBe(200);
    await other.close();
  });
});

it('fails in what it is asked, and in nothing else', async () => {
  const broken = await TestDashboard.open(
    {},
    {
      history: { query: () => Promise.reject(new Error('secret of the disk')) },
      books: () => Promise.reject(new UpstreamError('no books')),
    },
  );
  const { status, body } = await broken.ask('/api/signals');
  expect([status, body.toString()]).toEqual([500, expect.not.stringContaining('secret')]);
  await vi.waitFor(() => expect(broken.notices).toEqual(['Dashboard: secret of the disk']), PATIENCE);
  const page = await broken.follow(0);
  await vi.waitFor(() => expect(page.named('reset')).toHaveLength(1), PATIENCE);
  await broken.publish('trade-signals-micro', scalp, false);
  await vi.waitFor(() => expect(page.named('signal')).toHaveLength(1), PATIENCE);
  page.cut();
  await broken.close();
});
