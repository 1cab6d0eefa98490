/** A session that a real Bybit connection once had, from its frames to the graph's bars. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { openEmbeddedBus } from '../connectors/bus/embedded.ts';
import { ManualClock } from '../connectors/clock/manual.ts';
import { bybitAdapter } from '../connectors/exchanges/bybit/adapter.ts';
import {
  CAPTURE,
  type CapturedFrame,
  capturedFrames,
  timedFrames,
} from '../connectors/exchanges/bybit/frames.fixture.ts';
import { startRelay } from '../connectors/relay/relay.ts';
import { compileSignals } from '../pipelines/compile.ts';
import { busEdges } from '../pipelines/runners/embedded/bus-edges.ts';
import { EmbeddedRunner } from '../pipelines/runners/embedded/runner.ts';
import { Candle } from '../schemas/candle.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { GRAPH_INPUTS } from '../schemas/subscriptions.ts';
import type { TopicName } from '../schemas/topics.ts';
import { needRealData, realData } from './real-data.ts';

/** The capture runs from half a second before this minute to 42 s into it. */
const MINUTE = 1786310820000;
const START = MINUTE - 1_000;
const STEP = 100;

/** One bar as Bybit's kline stream tells it. */
interface Kline {
  readonly symbol: string;
  readonly start: number;
  readonly timestamp: number;
  readonly confirm: boolean;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly turnover: string;
}

interface Session {
  readonly minutes: readonly Candle[];
  readonly records: ReadonlyMap<TopicName, readonly { id: string; json: string }[]>;
  readonly publishedTrades: Readonly<Record<string, number>>;
}

/** Sends frames to whoever subscribes, each at the moment at which it was received. */
class Player {
  readonly server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  #socket: WebSocket | undefined;
  #next = 0;
  readonly #frames: readonly CapturedFrame[];

  constructor(frames: readonly CapturedFrame[]) {
    this.#frames = frames;
  }

  async listen(): Promise<string> {
    await once(this.server, 'listening');
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** The first request of the relay has come; what it asks for is what the capture holds. */
  async subscribed(): Promise<void> {
    const [socket] = (await once(this.server, 'connection')) as [WebSocket];
    this.#socket = socket;
    await once(socket, 'message');
  }

  /** Everything up to `ms`; resolves when the other side has read it. */
  async playUntil(ms: number): Promise<void> {
    for (let frame = this.#frames[this.#next]; frame && frame.ms <= ms; frame = this.#frames[++this.#next]) {
      this.#socket!.send(frame.text);
    }
    this.#socket!.ping();
    await once(this.#socket!, 'pong');
  }
}

async function play(frames: readonly CapturedFrame[], symbols: readonly string[]): Promise<Session> {
  const clock = new ManualClock(START);
  const network = new ManualClock(0);
  const bus = await openEmbeddedBus({ dir: null, clock });
  const topics: TopicName[] = ['market-candles', 'dead-letters', 'feed-events', 'trade-signals-micro'];
  const readers = await Promise.all(topics.map((topic) => bus.subscribe(topic, 'reader')));
  const subscriptions = new Map(
    await Promise.all(GRAPH_INPUTS.map(async (name) => [name, await bus.subscribe(name, 'graph')] as const)),
  );
  const player = new Player(frames);
  const url = await player.listen();
  const subscribed = player.subscribed();
  // Its REST has nothing to tell; the capture holds books of this depth.
  const adapter = bybitAdapter({ wsUrl: url, restUrl: url.replace('ws:', 'http:'), bookDepth: 200 });
  const relay = await startRelay({ adapter, symbols, bus, clock, networkClock: network });
  const graph = await new EmbeddedRunner({
    edges: busEdges({
      bus,
      clock,
      subscriptions,
      mayBeSilent: new Set(['raw-tick-data']),
      allowedDisorderMs: DEFAULT_PARAMS.market.allowedDisorderMs,
    }),
    // The capture ends within a minute: its bar leaves as it is.
    onDrain: 'fire',
  }).start(
    compileSignals({
      project: 'test',
      params: DEFAULT_PARAMS,
      leadVenue: 'bybit',
      emitAfterMs: 0,
      history: [],
    }),
  );
  await subscribed;
  const end = frames.at(-1)!.ms + 2_000;
  for (let ms = START; ms < end; ms += STEP) {
    await player.playUntil(ms + STEP);
    await clock.advanceTo(ms + STEP);
    await network.advanceTo(network.now() + STEP);
    await new Promise(setImmediate);
  }
  const { symbols: stats } = relay.stats();
  await relay.stop();
  while ([...subscriptions.values()].some((each) => each.oldestPending() !== undefined)) {
    await new Promise(setImmediate);
  }
  await graph.drain();
  const records = new Map<TopicName, { id: string; json: string }[]>();
  for (const [i, reader] of readers.entries()) {
    const read: { id: string; json: string }[] = [];
    while ((reader.backlog() ?? 0) > 0) {
      for (const delivery of await reader.pull(1_000)) {
        read.push({ id: delivery.attributes.id!, json: Buffer.from(delivery.data).toString() });
        delivery.ack();
      }
    }
    records.set(topics[i]!, read);
  }
  player.server.close();
  await bus.close();
  const candles = records.get('market-candles')!.map(({ json }) => Candle.parse(JSON.parse(json)));
  return {
    records,
    minutes: candles.filter(({ interval }) => interval === '1m'),
    publishedTrades: Object.fromEntries(
      stats.map(({ symbol, publishedTrades }) => [symbol, publishedTrades]),
    ),
  };
}

function klinesOf(frames: readonly string[]): Kline[] {
  return frames
    .map((text) => JSON.parse(text) as { topic?: string; data: Kline[] })
    .filter(({ topic }) => topic?.startsWith('kline.1.'))
    .flatMap(({ topic, data }) => data.map((kline) => ({ ...kline, symbol: topic!.slice(8) })));
}

interface Wire {
  readonly topic?: string;
  readonly data: readonly {
    readonly T: number;
    readonly i: string;
    readonly p: string;
    readonly v: string;
  }[];
}

/** Trades of the capture, read with nothing but JSON.parse. */
function wireTrades(frames: readonly string[], symbol: string) {
  return frames
    .map((text) => JSON.parse(text) as Wire)
    .filter(({ topic }) => topic === `publicTrade.${symbol}`)
    .flatMap(({ data }) => data);
}

const LINEAR = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'DOGEUSDT'];
const SPOT = ['BTCUSDT', 'ETHUSDT'];

describe.each([
  { name: 'linear', connection: 2 as const, symbols: LINEAR, trades: 327 },
  { name: 'spot', connection: 3 as const, symbols: SPOT, trades: 20 },
])('the captured session, $name', ({ connection, symbols, trades }) => {
  let session: Session;
  let frames: string[];

  beforeAll(async () => {
    const file = realData(CAPTURE);
    if (file === null) return;
    frames = capturedFrames(file, connection);
    session = await play(timedFrames(file, connection), symbols);
  }, 60_000);

  it('comes through whole', (context) => {
    needRealData(context, CAPTURE);
    const counts = Object.fromEntries(symbols.map((symbol) => [symbol, wireTrades(frames, symbol).length]));
    expect(session.publishedTrades).toEqual(counts);
    expect(Object.values(counts).reduce((a, b) => a + b)).toBe(trades);
    const inBars = session.minutes.reduce((sum, { trades: n }) => sum + (n ?? 0), 0);
    expect(inBars).toBe(trades);
    expect(session.records.get('dead-letters')).toEqual([]);
    expect(session.records.get('trade-signals-micro')).toEqual([]);
  });

  it('makes a bar of the second minute that equals Bybit’s newest kline of it, and the trades after that', (context) => {
    needRealData(context, CAPTURE);
    for (const symbol of symbols) {
      const newest = klinesOf(frames)
        .filter((k) => k.symbol === symbol && k.start === MINUTE)
        .at(-1)!;
      const ours = session.minutes.find((c) => c.symbol === symbol && c.openTime === MINUTE)!;
      const later = wireTrades(frames, symbol).filter(({ T }) => T > newest.timestamp);
      const volume = later.reduce((sum, { v }) => sum + Number(v), Number(newest.volume));
      const turnover = later.reduce((sum, { p, v }) => sum + Number(p) * Number(v), Number(newest.turnover));
      expect(ours.volume).toBeCloseTo(volume, 8);
      expect(ours.turnover! / turnover).toBeCloseTo(1, 9);
      expect(ours.close).toBe(Number(later.at(-1)?.p ?? newest.close));
      // Bybit opens a bar at the close before it, so its range may be wider than that of the trades.
      expect(ours.high).toBeLessThanOrEqual(
        Math.max(Number(newest.high), ...later.map(({ p }) => Number(p))),
      );
      expect(ours.low).toBeGreaterThanOrEqual(
        Math.min(Number(newest.low), ...later.map(({ p }) => Number(p))),
      );
      expect(ours.complete).toBe(false);
      expect(ours.coverage).toBeGreaterThan(0.6);
    }
  });

  it('makes of the first minute no more than its confirmed bar holds: the capture begins in its last second', (context) => {
    needRealData(context, CAPTURE);
    const confirmed = klinesOf(frames).filter(({ confirm }) => confirm);
    expect(confirmed.map((k) => k.symbol).toSorted()).toEqual(symbols.toSorted());
    for (const bar of confirmed) {
      expect(bar.start).toBe(MINUTE - 60_000);
      const ours = session.minutes.find((c) => c.symbol === bar.symbol && c.openTime === bar.start);
      const known = wireTrades(frames, bar.symbol).filter(({ T }) => T < MINUTE);
      expect(ours?.trades ?? 0).toBe(known.length);
      if (!ours || ours.filled) continue;
      expect(ours.complete).toBe(false);
      expect(ours.volume).toBeLessThanOrEqual(Number(bar.volume));
      expect(ours.high).toBeLessThanOrEqual(Number(bar.high));
      expect(ours.low).toBeGreaterThanOrEqual(Number(bar.low));
      expect(ours.close).toBe(Number(bar.close));
    }
  });
});
