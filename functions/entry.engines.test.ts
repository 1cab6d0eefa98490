import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { bigQueryClient } from '../connectors/bigquery/client.ts';
import { pullAll } from '../connectors/bus/fixture.ts';
import type { MessageBus } from '../connectors/bus/port.ts';
import { openPubSubBus } from '../connectors/bus/pubsub.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { openBigQueryHistory } from '../connectors/history/bigquery.ts';
import { openBigtableStore } from '../connectors/state/bigtable.ts';
import type { StateStore } from '../connectors/state/port.ts';
import { BookSnapshot } from '../schemas/book-snapshot.ts';
import { standardAttributes } from '../schemas/pubsub-message.ts';
import type { TopicName } from '../schemas/topics.ts';
import { of as batchOf, row as tradeRow } from '../schemas/trade-batch/trade-batch.fixture.ts';
import { encodeTradeBatch } from '../schemas/trade-batch.ts';
import { needBigQuery, startBigQuery } from '../test/bigquery/bqemulator.ts';
import { createStateTable, startBigtable } from '../test/bigtable/bigtable.ts';
import { type GoServer, needGo, wantsGo } from '../test/go-server.ts';
import { startPstest } from '../test/pstest/pstest.ts';
import { FunctionProcess, pushOf } from './entry.fixture.ts';
import { AUDIENCE, CALLER, Issuer } from './oidc.fixture.ts';
import { wireOf } from './state-sink/state-sink.fixture.ts';
import { signal } from './trade-desk/trade-desk.fixture.ts';

const AT = { project: 'test-project', instance: 'state', table: 'state' } as const;

interface Cloud {
  readonly servers: readonly GoServer[];
  readonly issuer: Issuer;
  readonly bus: MessageBus;
  readonly store: StateStore;
  readonly environment: Record<string, string>;
}

let cloud: Cloud;

/** Google's emulators, and an issuer of tokens. */
async function startCloud(): Promise<Cloud> {
  const [pubsub, bigtable, issuer] = await Promise.all([startPstest(), startBigtable(), Issuer.start()]);
  await createStateTable(bigtable, AT);
  const ends = { endpoint: pubsub.address, clock: systemClock };
  const bus = openPubSubBus({ project: AT.project, ...ends, create: 'missing' });
  const store = openBigtableStore({ ...AT, endpoint: bigtable.address, clock: systemClock });
  const environment = {
    GOOGLE_CLOUD_PROJECT: AT.project,
    CST_BIGTABLE_INSTANCE: AT.instance,
    CST_BIGTABLE_TABLE: AT.table,
    PUBSUB_EMULATOR_HOST: pubsub.address,
    BIGTABLE_EMULATOR_HOST: bigtable.address,
    CST_AUDIENCE: AUDIENCE,
    CST_CALLERS: CALLER,
    CST_OIDC_CERTS_URL: issuer.certsUrl,
  };
  return { servers: [pubsub, bigtable], issuer, bus, store, environment };
}

beforeAll(async () => {
  if (wantsGo()) cloud = await startCloud();
});

afterAll(async () => {
  if (!wantsGo()) return;
  await Promise.all([cloud.bus.close(), cloud.store.close(), cloud.issuer.stop()]);
  for (const server of cloud.servers) await server.stop();
});

async function start(test: TestContext, name: string): Promise<FunctionProcess> {
  const running = await FunctionProcess.start(name, cloud.environment);
  test.onTestFinished(() => running.kill());
  return running;
}

const google = () => ({ authorization: `Bearer ${cloud.issuer.token(systemClock.now())}` });

async function published(topic: TopicName, during: () => Promise<void>): Promise<unknown[]> {
  const subscription = await cloud.bus.subscribe(topic, 'test');
  await during();
  const deliveries = await pullAll(subscription, 1);
  for (const delivery of deliveries) delivery.ack();
  await subscription.close();
  return deliveries.map(({ data }) => JSON.parse(Buffer.from(data).toString()));
}

async function stopped(running: FunctionProcess): Promise<number | null> {
  running.signal('SIGTERM');
  return running.ended();
}

it('state-sink: a push of Pub/Sub becomes a row of Bigtable, garbage a dead letter', async (test) => {
  needGo(test);
  const running = await start(test, 'state-sink');
  const ts = systemClock.now();
  const record = BookSnapshot.parse(JSON.parse(wireOf('snapshot', { name: 'BTCUSDT', rank: 1 })));
  const push = pushOf('book-snapshots', 'Bigtable', { ...record, ts } as BookSnapshot);
  expect(await running.post(push)).toBe(401);
  expect(await running.post(push, google())).toBe(204);
  expect((await cloud.store.get('snapshot#bybit:BTCUSDT'))?.value).toContain(new Date(ts).toISOString());
  const letters = await published('dead-letters', async () => {
    const { message, ...rest } = push as { message: object };
    const data = Buffer.from('{}').toString('base64');
    expect(await running.post({ ...rest, message: { ...message, data } }, google())).toBe(204);
  });
  expect(letters).toMatchObject([{ stage: 'state:book-snapshots' }]);
  expect(await stopped(running)).toBe(0);
});

it('trade-desk: two of them decide on a signal once', async (test) => {
  needGo(test);
  const desks = [await start(test, 'trade-desk'), await start(test, 'trade-desk')];
  const offered = signal({ timestamp: systemClock.now() });
  const push = pushOf('trade-signals-micro', 'trade desk', offered);
  const events = await published('position-events', async () => {
    const answers = desks.flatMap((desk) => [desk.post(push, google()), desk.post(push, google())]);
    expect(await Promise.all(answers)).toEqual([204, 204, 204, 204]);
  });
  expect(events).toMatchObject([{ kind: 'DECISION', signalId: offered.id }]);
  expect(await Promise.all(desks.map(stopped))).toEqual([0, 0]);
});

it('tick-sink: what gathers on Pub/Sub becomes rows of BigQuery, poison a dead letter', async (test) => {
  needGo(test);
  needBigQuery(test);
  const { apiEndpoint, stop } = await startBigQuery();
  test.onTestFinished(stop);
  const place = { project: AT.project, dataset: 'history', apiEndpoint };
  await bigQueryClient(place).createDataset(place.dataset);
  const history = await openBigQueryHistory({ ...place, clock: systemClock });
  await (await cloud.bus.subscribe('raw-tick-data', 'tick-sink')).close();
  const running = await FunctionProcess.start('tick-sink', {
    ...cloud.environment,
    CST_HISTORY_DATASET: place.dataset,
    CST_BIGQUERY_ENDPOINT: apiEndpoint,
  });
  test.onTestFinished(() => running.kill());
  const batch = (...names: string[]) =>
    encodeTradeBatch(batchOf(names.map((tradeId) => tradeRow({ tradeId }))));
  const send = (...batches: Uint8Array[]) => {
    const key = { orderingKey: 'bybit:BTCUSDT' };
    const named = batches.map((data, i) => ({
      data,
      attributes: standardAttributes(`batch ${i}`, 0),
      ...key,
    }));
    return cloud.bus.publish('raw-tick-data', named);
  };
  const letters = await published('dead-letters', async () => {
    await send(batch('a', 'b'), Buffer.from('no batch'), batch('c'));
    expect(await running.post({}, google()), running.output).toBe(204);
  });
  expect(letters).toMatchObject([{ stage: 'history:raw-tick-data', source: 'batch 1' }]);
  expect(await running.post({}, google())).toBe(204);
  expect(await history.query('SELECT tradeId FROM ticks ORDER BY tradeId')).toEqual(
    ['a', 'b', 'c'].map((tradeId) => ({ tradeId })),
  );
  expect(await stopped(running)).toBe(0);
});

it('asks for the push again where Bigtable is away', async (test) => {
  needGo(test);
  const gone = await startBigtable();
  const environment = { ...cloud.environment, BIGTABLE_EMULATOR_HOST: gone.address };
  await gone.stop();
  const running = await FunctionProcess.start('state-sink', environment);
  test.onTestFinished(() => running.kill());
  const record = BookSnapshot.parse(JSON.parse(wireOf('snapshot', { name: 'BTCUSDT', rank: 1 })));
  const push = pushOf('book-snapshots', 'Bigtable', { ...record, ts: systemClock.now() } as BookSnapshot);
  expect(await running.post(push, google())).toBe(503);
  expect(running.log.at(-1)).toMatchObject({
    severity: 'ERROR',
    message: expect.stringContaining('Bigtable'),
  });
});
