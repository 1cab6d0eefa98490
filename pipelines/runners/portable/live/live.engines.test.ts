import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { Delivery, MessageBus } from '../../../../connectors/bus/port.ts';
import { openPubSubBus } from '../../../../connectors/bus/pubsub.ts';
import { systemClock } from '../../../../connectors/clock/system.ts';
import { SimulatedMarket } from '../../../../connectors/exchanges/simulated/market.ts';
import { DEFAULT_PARAMS } from '../../../../schemas/params.ts';
import { INTERVAL_MS, type Interval } from '../../../../schemas/primitives.ts';
import { GRAPH_INPUTS } from '../../../../schemas/subscriptions.ts';
import { ENVIRONMENT, needEngineHere } from '../../../../test/engines/needs.ts';
import { needGo, startPstest } from '../../../../test/pstest/pstest.ts';
import { finals, type Message, MINUTE, type Published, runGraph } from '../../../signals.fixture.ts';
import { fetchSimulated } from '../../../simulated.fixture.ts';
import { warmCandles } from '../../../warm-start.ts';
import { startWorkerPool } from '../../../worker/pool/pool.ts';
import type { ScriptedTurn } from '../../embedded/testing.ts';
import { startEngine } from '../engines/start.ts';
import { type LiveJobOptions, startLiveJob } from './live-job.ts';
import { type MarketMessages, marketMessages, outgoing } from './market.fixture.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 2, 1, 12);
/** What closes by then is compared. */
const END = START + 120 * MINUTE;
/** Long enough after the end for its windows to close. */
const PUBLISHED_UNTIL = END + 2 * MINUTE;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const SEED = 1;
const OUTPUTS = ['market-candles', 'market-levels', 'market-features', 'trade-signals-micro'] as const;
/** Outputs after which the worker is killed: some minutes are published, most are not. */
const KILLED_AFTER = 40;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Candles from before the start, as the exchange tells them: levels and trend need days. */
async function warmth(): Promise<LiveJobOptions['warm']> {
  const market = new SimulatedMarket(SEED);
  const markets = SYMBOLS.map((symbol) => market.of(symbol));
  const fetchKlines = await fetchSimulated(markets, START - 25 * DAY, START);
  const asked = { venue: 'bybit', symbols: SYMBOLS, startMs: START, fetchKlines } as const;
  return { history: await warmCandles(asked), publishAfterMs: START, emitAfterMs: START };
}

/** Minute after minute, all that belongs to it before its watermark. */
function turnsOf(messages: readonly Message[]): ScriptedTurn[] {
  const byMinute = Map.groupBy(messages, ({ eventTimeMs }) => Math.floor(eventTimeMs / MINUTE));
  return [...byMinute]
    .sort(([a], [b]) => a - b)
    .map(([minute, each]) => ({ messages: each, watermarkMs: minute * MINUTE }));
}

/** Everything that readers of the topics get, until `isDone` of it. */
async function collect(bus: MessageBus, isDone: (published: readonly Published[]) => boolean) {
  const published: Published[] = [];
  const done = Promise.withResolvers<void>();
  const subscriptions = await Promise.all(OUTPUTS.map((topic) => bus.subscribe(topic, 'proof')));
  const take = (topic: Published['topic'], delivery: Delivery) => {
    const json = Buffer.from(delivery.data).toString();
    published.push({ topic, id: delivery.attributes.id!, json, turn: 0 });
    delivery.ack();
  };
  const reading = subscriptions.map(async (subscription, i) => {
    for (;;) {
      const deliveries = await subscription.pull(1_000);
      if (deliveries.length === 0) return;
      for (const delivery of deliveries) take(OUTPUTS[i]!, delivery);
      if (isDone(published)) done.resolve();
    }
  });
  await done.promise;
  await Promise.all(subscriptions.map((subscription) => subscription.close()));
  await Promise.all(reading);
  return published;
}

async function publish(bus: MessageBus, { trades, books }: MarketMessages): Promise<void> {
  for (const topic of ['book-snapshots', 'raw-tick-data'] as const) {
    await bus.publish(topic, (topic === 'raw-tick-data' ? trades : books).map(outgoing));
  }
}

/** When the record was known. */
function timeOf({ topic, json }: Published): number {
  const row = JSON.parse(json);
  if (topic === 'market-candles') return Date.parse(row.openTime) + INTERVAL_MS[row.interval as Interval];
  return Date.parse(row.closeTime ?? row.asOf ?? row.timestamp);
}

const upToEnd = (records: readonly Published[]) => records.filter((record) => timeOf(record) <= END);

/** The feature rows of a minute come last: they need its candles and its levels. */
function isComplete(published: readonly Published[]): boolean {
  const rows = published.filter((each) => each.topic === 'market-features' && timeOf(each) > END);
  return rows.length >= SYMBOLS.length;
}

async function startAll() {
  const pubsub = await startPstest({ minAckDeadlineS: 1 });
  ends.push(() => pubsub.stop());
  const where = { project: 'test-project', endpoint: pubsub.address, create: 'missing' } as const;
  const bus = openPubSubBus({ ...where, clock: systemClock });
  ends.push(() => bus.close());
  const pool = await startWorkerPool({ log: () => undefined, onLine: () => undefined });
  ends.push(() => pool.close());
  const folder = mkdtempSync(join(tmpdir(), 'live-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const engine = await startEngine('flink', { env: ENVIRONMENT, clock: systemClock });
  ends.push(() => engine.close());
  return { where, bus, pool, engine, checkpoints: pathToFileURL(folder).href };
}

describe('a live job on Flink', () => {
  it('publishes what the embedded runner does, though its worker is killed on the way', async (context) => {
    needGo(context);
    await needEngineHere(context, 'flink');
    const market = marketMessages(SEED, SYMBOLS, START, PUBLISHED_UNTIL);
    const warm = await warmth();
    const turns = { trades: turnsOf(market.trades), books: turnsOf(market.books) };
    const { published: expected } = await runGraph(turns, warm);
    const { where, bus, pool, engine, checkpoints } = await startAll();
    for (const topic of GRAPH_INPUTS) await (await bus.subscribe(topic, 'graph')).close();
    const killed = new Set<number>();
    let knownBefore = 0;
    const collecting = collect(bus, (published) => {
      if (killed.size === 0 && published.length >= KILLED_AFTER) {
        for (const { pid } of pool.workers()) killed.add(pid);
        for (const pid of killed) process.kill(pid, 'SIGKILL');
        knownBefore = finals(published, 'market-candles').length;
      }
      return isComplete(published);
    });
    await publish(bus, market);
    const job = await startLiveJob({
      ...where,
      jobName: 'live',
      jobEndpoint: engine.jobEndpoint,
      workers: { pool: pool.url },
      flink: { checkpoints, checkpointEveryMs: 2_000, parallelism: 1 },
      venue: 'bybit',
      symbols: SYMBOLS,
      params: DEFAULT_PARAMS,
      warm,
      // The server hands out one message in 10 ms on each connection.
      leaseMs: 2_000,
      patienceMs: 3_000,
      pullStreams: 32,
    });
    const ended = job.done.then((how) => Promise.reject(new Error(`The job is ${how}.`)));
    const published = await Promise.race([collecting, ended]);
    const again = pool.workers().map(({ pid }) => pid);
    await job.cancel();
    ended.catch(() => undefined);
    expect(killed.size).toBe(1);
    expect(knownBefore).toBeLessThan(finals(published, 'market-candles').length / 2);
    expect(again.filter((pid) => killed.has(pid))).toEqual([]);
    for (const topic of OUTPUTS) {
      expect(finals(upToEnd(published), topic)).toEqual(finals(upToEnd(expected), topic));
    }
    expect(finals(upToEnd(expected), 'trade-signals-micro').length).toBeGreaterThan(2);
  });
});
