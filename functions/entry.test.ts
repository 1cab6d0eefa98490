import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { startBrokerTwin } from '../connectors/broker/bybit/twin.fixture.ts';
import { openEmbeddedBus } from '../connectors/bus/embedded.ts';
import { pullAll } from '../connectors/bus/fixture.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import { BotApi, TOKEN } from '../connectors/messenger/bot-api.fixture.ts';
import { plainText } from '../connectors/messenger/html.ts';
import { scraped, unlisted } from '../connectors/metrics/exposition.fixture.ts';
import { keepNewest } from '../connectors/state/records.ts';
import { openSqliteStore } from '../connectors/state/sqlite.ts';
import { BookSnapshot } from '../schemas/book-snapshot.ts';
import { INTERVAL_MS, MINUTE_MS } from '../schemas/primitives.ts';
import { standardAttributes } from '../schemas/pubsub-message.ts';
import type { TopicName } from '../schemas/topics.ts';
import { of as batchOf, row as tradeRow } from '../schemas/trade-batch/trade-batch.fixture.ts';
import { encodeTradeBatch } from '../schemas/trade-batch.ts';
import { walk } from './chart-renderer/chart.fixture.ts';
import { FunctionProcess, pushOf } from './entry.fixture.ts';
import { AUDIENCE, CALLER, Issuer } from './oidc.fixture.ts';
import { wireOf } from './state-sink/state-sink.fixture.ts';
import { scalp } from './telegram-notifier/told.fixture.ts';
import { signal } from './trade-desk/trade-desk.fixture.ts';

const CHAT = '-1001';
const SECRET = 'a-webhook-secret_0123456789';
const CALLER_SECRET = 'a-secret-of-the-callers';
const CALL = { authorization: `Bearer ${CALLER_SECRET}` };

/** Twins of all ports on disk and on this machine; what the environment of a function names. */
function embedded() {
  const dir = mkdtempSync(join(tmpdir(), 'cst-function-'));
  const path = (name: string) => join(dir, name);
  return {
    path,
    environment: {
      CST_STATE_FILE: path('state.db'),
      CST_BUS_DIR: path('bus'),
      CST_TASKS_FILE: path('tasks.db'),
      CST_CALLER_SECRET: CALLER_SECRET,
      CST_CHATS: CHAT,
      CST_TELEGRAM_TOKEN: TOKEN,
      CST_TELEGRAM_WEBHOOK_SECRET: SECRET,
    },
    /** Runs `during` with the function, then ends it, and gives what it published. */
    async published(topic: TopicName, during: () => Promise<FunctionProcess>): Promise<unknown[]> {
      const open = async () => openEmbeddedBus({ dir: path('bus'), clock: systemClock });
      const before = await open();
      await before.subscribe(topic, 'test');
      await before.close();
      const running = await during();
      expect(await stopped(running)).toBe(0);
      const after = await open();
      const deliveries = await pullAll(await after.subscribe(topic, 'test'), 1);
      await after.close();
      return deliveries.map(({ data }) => JSON.parse(Buffer.from(data).toString()));
    },
  };
}

async function start(
  test: TestContext,
  name: string,
  environment: Record<string, string>,
): Promise<FunctionProcess> {
  const started = await FunctionProcess.start(name, environment);
  test.onTestFinished(() => started.kill());
  return started;
}

async function stopped(running: FunctionProcess): Promise<number | null> {
  running.signal('SIGTERM');
  return running.ended();
}

/** What whoever scrapes from beside it reads, by series. */
async function metricsOf(running: FunctionProcess): Promise<Record<string, number>> {
  const text = await (await running.get('/metrics')).text();
  expect(unlisted(text)).toEqual([]);
  const labelled = (labels: object) => Object.entries(labels).map((pair) => pair.join('='));
  return Object.fromEntries(
    scraped(text).map(({ name, labels, value }) => [`${name}{${labelled(labels)}}`, value]),
  );
}

async function botApi(test: TestContext): Promise<BotApi> {
  const server = await new BotApi().start();
  test.onTestFinished(() => server.stop());
  return server;
}

const seen = (server: BotApi) => server.seen(CHAT).map(({ html }) => plainText(html));

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await systemClock.until(systemClock.now() + 5);
}

describe.concurrent('state-sink', () => {
  it('lets Google in, writes what is pushed, and ends in order', async (test) => {
    const { environment, path } = embedded();
    const issuer = await Issuer.start();
    test.onTestFinished(() => issuer.stop());
    const { CST_CALLER_SECRET: _, ...others } = environment;
    const oidc = { CST_AUDIENCE: AUDIENCE, CST_CALLERS: CALLER, CST_OIDC_CERTS_URL: issuer.certsUrl };
    const running = await start(test, 'state-sink', { ...others, ...oidc });
    const now = systemClock.now();
    const google = { authorization: `Bearer ${issuer.token(now)}` };
    const record = BookSnapshot.parse(JSON.parse(wireOf('snapshot', { name: 'BTCUSDT', rank: 1 })));
    const push = pushOf('book-snapshots', 'Bigtable', { ...record, ts: now } as BookSnapshot);
    expect(await running.post(push)).toBe(401);
    expect(
      await running.post(push, { authorization: `Bearer ${issuer.token(now, { aud: 'another' })}` }),
    ).toBe(401);
    expect(await running.post({ message: 1 }, google)).toBe(400);
    expect(await running.post('{', google)).toBe(400);
    expect(await running.post(push, google)).toBe(204);
    expect(await (await running.get('/healthz')).json()).toEqual({ status: 'ok' });
    expect(await metricsOf(running)).toMatchObject({
      'cst_state_rows_total{kind=snapshot}': 1,
      'cst_state_age_seconds{kind=snapshot}': expect.closeTo(0, -2),
      'cst_requests_total{function=state-sink,status=204}': 1,
      'cst_requests_total{function=state-sink,status=401}': 2,
      'cst_stage_up{stage=state-sink}': 1,
    });
    expect((await running.get('/metrics', { 'x-forwarded-for': '203.0.113.9' })).status).toBe(401);
    expect(await stopped(running)).toBe(0);
    const store = await openSqliteStore({ path: path('state.db'), clock: systemClock });
    test.onTestFinished(() => store.close());
    expect((await store.get('snapshot#bybit:BTCUSDT'))?.value).toContain('"bestAsk":2');
    expect(running.log.map(({ severity }) => severity)).toEqual(['INFO', 'WARNING', 'INFO']);
  });
});

describe.concurrent('tick-sink', () => {
  it('writes what has gathered when the timer posts', async (test) => {
    const { environment, path } = embedded();
    const bus = await openEmbeddedBus({ dir: path('bus'), clock: systemClock });
    await bus.subscribe('raw-tick-data', 'tick-sink');
    const data = encodeTradeBatch(batchOf([tradeRow({ tradeId: 'a' }), tradeRow({ tradeId: 'b' })]));
    const attributes = standardAttributes('1', systemClock.now());
    await bus.publish('raw-tick-data', [{ data, attributes, orderingKey: '' }]);
    await bus.close();
    const running = await start(test, 'tick-sink', {
      ...environment,
      CST_HISTORY_FILE: path('history.duckdb'),
    });
    expect(await running.post({})).toBe(401);
    expect(await running.post({}, CALL)).toBe(204);
    expect(running.log.at(-1)?.message).toBe('2 trades of 1 batches are in history.');
    expect(await metricsOf(running)).toMatchObject({
      'cst_history_rows_total{topic=raw-tick-data}': 1,
    });
    expect(await stopped(running)).toBe(0);
    const history = await openDuckDbHistory({ path: path('history.duckdb') });
    test.onTestFinished(() => history.close());
    expect(await history.query('SELECT "tradeId" FROM ticks ORDER BY 1')).toEqual([
      { tradeId: 'a' },
      { tradeId: 'b' },
    ]);
  });
});

describe.concurrent('trade-desk', () => {
  it('decides on a signal that is pushed, and looks at the clock when the timer posts', async (test) => {
    const { environment, published } = embedded();
    const told = signal({ timestamp: systemClock.now() });
    const events = await published('position-events', async () => {
      const running = await start(test, 'trade-desk', {
        ...environment,
        CST_PARAMS: '{"books":[{"book":"a"}]}',
      });
      const push = pushOf('trade-signals-micro', 'trade desk', told);
      expect(await running.post(push)).toBe(401);
      expect(await running.post({}, CALL)).toBe(400);
      expect(await running.post({}, {}, '/timer')).toBe(401);
      expect(await running.post(push, CALL)).toBe(204);
      expect(await running.post(push, CALL)).toBe(204);
      expect(await running.post({}, CALL, '/timer')).toBe(204);
      expect(await metricsOf(running)).toMatchObject({
        'cst_desk_halted{book=a}': 0,
        'cst_published_total{topic=position-events}': 1,
      });
      return running;
    });
    expect(events).toMatchObject([{ kind: 'DECISION', signalId: told.id, refusal: expect.any(String) }]);
  });
});

describe.concurrent('trade-desk with an account', () => {
  const onAccount = { CST_PARAMS: '{"books":[{"execution":"broker"}]}', CST_INSTRUMENTS: 'bybit:BTCUSDT' };

  it.each([
    ['orders may not leave', onAccount, 'Real orders are off'],
    ['it has no keys', { ...onAccount, CST_BROKER: '{"enabled":true}' }, 'CST_BYBIT_KEY'],
    ['it trades nothing', { ...onAccount, CST_INSTRUMENTS: 'kraken:BTC/USDT' }, 'what the account trades'],
  ])('does not start where %s', async (_, changes, why) => {
    const running = await FunctionProcess.start('trade-desk', { ...embedded().environment, ...changes });
    expect(await running.ended()).toBe(4);
    expect(running.log).toMatchObject([{ message: expect.stringContaining(why) }]);
  });

  it('knows what orders there must be multiples of', async (test) => {
    const { environment, path } = embedded();
    const twin = await startBrokerTwin();
    test.onTestFinished(() => twin.close());
    const running = await start(test, 'trade-desk', {
      ...environment,
      ...onAccount,
      CST_BYBIT_KEY: twin.key,
      CST_BYBIT_SECRET: twin.secret,
      CST_BROKER: JSON.stringify({ enabled: true, network: 'twin', twinUrl: twin.url }),
    });
    expect(await running.post({}, CALL, '/timer'), running.output).toBe(204);
    expect(await stopped(running)).toBe(0);
    expect(running.output).not.toContain(twin.secret);
    const store = await openSqliteStore({ path: path('state.db'), clock: systemClock });
    test.onTestFinished(() => store.close());
    expect((await store.get('desk-facts#BTCUSDT'))?.value).toContain('"lot":0.001');
  });
});

describe.concurrent('macro-engine', () => {
  it('publishes the bias of a slot', async (test) => {
    const { environment, published } = embedded();
    const exchange = createServer((_, response) => {
      const result = { category: 'linear', symbol: 'BTCUSDT', list: [] };
      const body = JSON.stringify({ retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: 0 });
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
    await new Promise<void>((resolve) => exchange.listen(0, '127.0.0.1', resolve));
    test.onTestFinished(() => void exchange.close());
    const rest = `http://127.0.0.1:${(exchange.address() as AddressInfo).port}`;
    const slot = Math.floor(systemClock.now() / INTERVAL_MS['15m'] - 1) * INTERVAL_MS['15m'];
    const path = `/?slot=${new Date(slot).toISOString()}`;
    const told = await published('macro-bias-updates', async () => {
      const running = await start(test, 'macro-engine', {
        ...environment,
        CST_INSTRUMENTS: 'bybit:BTCUSDT',
        CST_REST_URLS: JSON.stringify({ bybit: rest }),
      });
      expect(await running.post({}, {}, path)).toBe(401);
      expect(await running.post({}, CALL, '/?slot=now')).toBe(400);
      expect(await running.post({}, CALL, path)).toBe(200);
      return running;
    });
    expect(told).toMatchObject([{ pair: 'BTCUSDT', timestamp: new Date(slot).toISOString() }]);
  });
});

describe.concurrent('telegram-notifier', () => {
  it('sends what is pushed, and tells how its outbox is', async (test) => {
    const { environment, path } = embedded();
    const server = await botApi(test);
    const running = await start(test, 'telegram-notifier', {
      ...environment,
      CST_TELEGRAM_API: server.url,
      K_SERVICE: 'notifier',
      CST_PARAMS: '{"signal":"on"}',
    });
    const push = pushOf('trade-signals-micro', 'notifier', scalp(0));
    expect(await running.post(push)).toBe(401);
    expect(await running.post({}, CALL)).toBe(400);
    expect(await running.post(push, CALL)).toBe(204);
    await until(() => seen(server).some((text) => text.includes('BTCUSDT')));
    const health = await (await running.get('/healthz')).json();
    expect(health).toMatchObject({ status: 'ok', outbox: { REFUSED: 0 } });
    expect(await metricsOf(running)).toMatchObject({
      'cst_alert_outbox_messages{state=sent}': 1,
      'cst_alerts_total{outcome=sent}': 1,
      'cst_alert_seconds_count{}': 1,
    });
    expect(await stopped(running)).toBe(0);
    const store = await openSqliteStore({ path: path('state.db'), clock: systemClock });
    test.onTestFinished(() => store.close());
    expect((await store.scan({ prefix: 'alert-outbox-change#' })).rows.length).toBeGreaterThan(1);
  });

  it('refuses a file on Cloud Run, where it would be lost', async (test) => {
    const changes = { CST_OUTBOX_FILE: '/tmp/x', K_SERVICE: 'notifier' };
    const running = await start(test, 'telegram-notifier', { ...embedded().environment, ...changes });
    expect(await running.ended()).toBe(4);
    expect(running.log).toMatchObject([{ message: expect.stringContaining('Cloud Run') }]);
  });
});

describe.concurrent('chart-renderer', () => {
  it('answers a message with the chart that a task asks for', async (test) => {
    const { environment, path } = embedded();
    const server = await botApi(test);
    const store = await openSqliteStore({ path: path('state.db'), clock: systemClock });
    test.onTestFinished(() => store.close());
    const end = Math.floor(systemClock.now() / MINUTE_MS) * MINUTE_MS;
    for (const bar of walk({ bars: 60, end })) await keepNewest(store, 'candle', bar);
    const nowhere = JSON.stringify({ bybit: 'http://127.0.0.1:1' });
    const running = await start(test, 'chart-renderer', {
      ...environment,
      CST_TELEGRAM_API: server.url,
      CST_REST_URLS: nowhere,
    });
    const about = { signalId: null, scalp: null, swing: null, exit: null };
    const task = { id: 'ask-1', chat: CHAT, replyTo: server.say(CHAT), pair: 'BTCUSDT', ...about };
    expect(await running.post(task)).toBe(401);
    expect(await running.post(task, { ...CALL, 'x-cloudtasks-taskname': 'ask-1' })).toBe(204);
    expect(server.seen(CHAT)).toMatchObject([{ replyTo: task.replyTo, png: expect.any(Uint8Array) }]);
    expect(await stopped(running)).toBe(0);
  });
});

describe.concurrent('telegram-webhook', () => {
  const update = (text: string) => ({
    update_id: 1,
    message: { message_id: 11, chat: { id: Number(CHAT) }, from: { id: 5, username: 'trader' }, text },
  });
  const telegram = { 'x-telegram-bot-api-secret-token': SECRET };

  it('does what Telegram posts, and finishes it when asked to stop', async (test) => {
    const { environment, path } = embedded();
    const server = await botApi(test);
    const running = await start(test, 'telegram-webhook', { ...environment, CST_TELEGRAM_API: server.url });
    expect(await running.post(update('/pause'))).toBe(401);
    expect(await running.post({ update_id: 'x' }, telegram)).toBe(400);
    const held = Promise.withResolvers<void>();
    server.fault = () => ({ what: 'slow', when: 'before', until: held.promise });
    const answer = running.post(update('/pause news'), telegram);
    await until(() => server.calls.length === 1);
    running.signal('SIGTERM');
    await until(() => running.output.includes('Stopping'));
    expect(running.log.at(-1)?.message).toBe('Stopping: 1 requests under way.');
    expect((await running.get('/healthz')).status).toBe(503);
    expect(await running.post(update('/resume'), telegram)).toBe(503);
    held.resolve();
    expect([await answer, await running.ended()]).toEqual([204, 0]);
    expect(seen(server)).toEqual([expect.stringContaining('news')]);
    const store = await openSqliteStore({ path: path('state.db'), clock: systemClock });
    test.onTestFinished(() => store.close());
    expect((await store.get('pause#all'))?.value).toContain('"paused":true');
  });
});

it.concurrent('says all that is wrong with its settings in one line, and no secret', async (test) => {
  const running = await start(test, 'telegram-webhook', {
    CST_STATE_FILE: ':memory:',
    CST_TASKS_ENDPOINT: 'http://127.0.0.1:1',
    CST_CHATS: 'me',
    CST_TELEGRAM_TOKEN: TOKEN,
    CST_TELEGRAM_TOKEN_FILE: '/x',
    CST_CHART_URL: 'nowhere',
  });
  expect(await running.ended()).toBe(4);
  const [{ message } = { message: '' }] = running.log;
  for (const name of ['CST_TASKS_LOCATION', 'CST_CHATS', 'CST_CHART_URL', 'CST_TELEGRAM_WEBHOOK_SECRET'])
    expect(message).toContain(`${name}: expected`);
  expect(message).toContain('CST_TELEGRAM_TOKEN: expected it or CST_TELEGRAM_TOKEN_FILE, got both');
  expect(running.output).not.toContain('TEST-token');
  expect(running.output.trim().split('\n')).toHaveLength(1);
});
