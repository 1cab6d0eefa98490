import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ManualClock } from '../connectors/clock/manual.ts';
import { bybitAdapter } from '../connectors/exchanges/bybit/adapter.ts';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import type { History } from '../connectors/history/port.ts';
import type { StageSpan } from '../connectors/telemetry/port.ts';
import { Replays, ROUTES } from '../dashboard/api.ts';
import { Access } from '../dashboard/server/security.ts';
import { withTexts } from '../functions/chart-renderer/picture/png-texts.ts';
import { signal } from '../functions/trade-desk/trade-desk.fixture.ts';
import { UpstreamError } from '../schemas/errors.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { traceIdOf } from '../schemas/trace.ts';
import { messageFor } from '../transforms/publish/publish.ts';
import { LocalDashboard } from './local-dashboard.ts';

const PATIENCE = { timeout: 60_000, interval: 50 };
const NOW = Date.UTC(2024, 4, 1, 10);
/** Nothing listens there: what is asked of the exchange fails at once. */
const NOWHERE = 'http://127.0.0.1:9';
const dir = mkdtempSync(join(tmpdir(), 'dashboard-'));
const notices: string[] = [];
let history: History;
beforeAll(async () => {
  history = await openDuckDbHistory({ path: ':memory:' });
});
afterAll(async () => {
  await history.close();
  rmSync(dir, { recursive: true, force: true });
});

const stack = () => ({
  history,
  relay: () => {
    throw new UpstreamError('The relay is away.');
  },
  books: async () => [],
  swings: async () => [],
});
const seen = { status: () => ({ lagMs: null, backlog: 0, alerts: { sent: 0, waiting: 0, charts: 0 } }) };

function dashboardAt(port: number): LocalDashboard {
  const source = {
    title: 'a test',
    clock: new ManualClock(NOW),
    begin: () => {},
    close: async () => {},
    adapter: bybitAdapter({ wsUrl: NOWHERE, restUrl: NOWHERE }),
  };
  const access = new Access(null);
  const address = { host: '127.0.0.1', port, isPortFlexible: false, access, isOpened: false, replays: dir };
  return new LocalDashboard({
    address,
    source,
    kind: 'simulated',
    speed: 60,
    dir,
    recordings: [dir],
    symbols: () => ['BTCUSDT'],
    params: DEFAULT_PARAMS,
    notice: (line) => void notices.push(line),
  });
}

it('that cannot be opened is told, and whoever publishes does not feel it', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const dashboard = dashboardAt(port);
  expect(await dashboard.open(stack(), seen)).toBeUndefined();
  expect(notices.at(-1)).toMatch(/^There is no dashboard: .*EADDRINUSE.*--dashboard-port, or --no-dashboard/);
  dashboard.ears({}).onPublished('trade-signals-micro', [messageFor('trade-signals-micro', signal())]);
  dashboard.notice('still here');
  await dashboard.close();
  other.close();
});

it('shows what is published and drawn, whatever else fails', async () => {
  const dashboard = dashboardAt(0);
  const url = await dashboard.open(stack(), seen);
  const scalp = signal();
  dashboard.ears({}).onPublished('trade-signals-micro', [messageFor('trade-signals-micro', scalp)]);
  const others: StageSpan[] = [];
  const span = {
    traceId: traceIdOf({ pair: scalp.pair, closeMs: scalp.timestamp }),
    stage: 'graph' as const,
    startMs: NOW,
    endMs: NOW + 40,
    attributes: { id: scalp.id },
  };
  dashboard.ears({ telemetry: { record: (each) => void others.push(each) } }).telemetry.record(span);
  expect(others).toEqual([span]);
  const detail = await fetch(`${url}api/signals/${encodeURIComponent(scalp.id)}`);
  expect(ROUTES['/api/signals/:id'].answer.parse(await detail.json()).trace).toEqual([
    { stage: 'graph', start: NOW, ms: 40 },
  ]);
  const { signals } = ROUTES['/api/signals'].answer.parse(await (await fetch(`${url}api/signals`)).json());
  expect(signals.map(({ id }) => id)).toEqual([scalp.id]);
  expect((await fetch(`${url}api/overview`)).status).toBe(503);
  const picture = await fetch(`${url}charts/${encodeURIComponent(scalp.id)}.png`);
  const bytes = Buffer.from(await picture.arrayBuffer());
  expect([picture.status, bytes.subarray(1, 4).toString()]).toEqual([200, 'PNG']);

  const path = join(dir, 'alert.png');
  writeFileSync(path, withTexts(bytes, { Signal: scalp.id }));
  const events = await fetch(`${url}api/events`);
  await dashboard.chart(path);
  await dashboard.chart(join(dir, 'missing.png'));
  let text = '';
  for await (const chunk of events.body!) {
    text += Buffer.from(chunk).toString();
    if (text.includes('event: chart')) break;
  }
  expect(text).toContain(`"signalId":"${scalp.id}"`);
  await dashboard.close();
});

it('replays a file of trades through the graph, in a process of its own', async () => {
  const trades = Array.from({ length: 900 }, (_, n) => `${NOW + n * 1_000},${61_000 + (n % 60)},0.1`);
  writeFileSync(join(dir, 'BTCUSDT-morning.csv'), `ts_ms,price,size\n${trades.join('\n')}\n`);
  const dashboard = dashboardAt(0);
  const url = await dashboard.open(stack(), seen);
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ recording: 'BTCUSDT-morning.csv', speed: 600 });
  const started = await fetch(`${url}api/replays`, { method: 'POST', headers, body });
  expect(Replays.parse(await started.json()).replay).toMatchObject({ state: 'PREPARING' });
  const { answer } = ROUTES['/api/candles'];
  await vi.waitFor(async () => {
    const candles = await fetch(`${url}api/replay/candles?pair=BTCUSDT&interval=5m`);
    const { bars } = answer.parse(await candles.json());
    expect(bars.map(({ openTime, volume }) => [openTime - NOW, volume])).toEqual([
      [0, 30],
      [300_000, 30],
    ]);
  }, PATIENCE);
  await dashboard.close();
});
