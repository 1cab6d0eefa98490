/** A simulated exchange, a durable bus, the graph on it, and relays that come and go as processes of their own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedBus } from '../../connectors/bus/embedded.ts';
import type { MessageBus, OutgoingMessage, Subscription } from '../../connectors/bus/port.ts';
import { acceleratedClock } from '../../connectors/clock/accelerated.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { bybitAdapter } from '../../connectors/exchanges/bybit/adapter.ts';
import {
  type SimulatedExchange,
  startSimulatedExchange,
} from '../../connectors/exchanges/simulated/server.ts';
import { GraphService } from '../../pipelines/graph-service.ts';
import { Candle } from '../../schemas/candle.ts';
import { messageOf } from '../../schemas/errors.ts';
import { FeedEvent } from '../../schemas/feed-event.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { MINUTE_MS, streamKey } from '../../schemas/primitives.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { decodeTradeBatch, readBatchKind } from '../../schemas/trade-batch.ts';
import type { ChildOptions, Publish, State } from './messages.ts';

export const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'LTCUSDT'];
const SPEED = 20;
const START = Date.UTC(2026, 2, 1, 12);
/** Of the machine's time. */
export const TTL_MS = 900;

export interface Relay extends State {
  readonly holder: string;
  readonly child: ChildProcess;
  readonly publishes: Map<TopicName, number>;
}

export class World {
  readonly clock: Clock;
  readonly exchange: SimulatedExchange;
  readonly #originMs: number;
  readonly #dir = mkdtempSync(join(tmpdir(), 'relay-pair-'));
  readonly #bus: MessageBus;
  readonly #graph: GraphService;
  readonly #running: Promise<void>;
  readonly #collecting: Promise<unknown>;
  readonly #subscriptions: Subscription[] = [];
  /** Newest revision of each minute, by symbol and open time. */
  readonly candles = new Map<string, Candle>();
  readonly events: FeedEvent[] = [];
  /** Trades as they were published, copies and all; and their ids. */
  readonly counts = { trades: 0 };
  readonly ids = new Set<string>();
  #relays = 0;

  static async open(): Promise<World> {
    const originMs = systemClock.now();
    const clock = acceleratedClock({ start: START, speed: SPEED, base: systemClock });
    const exchange = await startSimulatedExchange({ seed: 7, clock, symbols: SYMBOLS });
    const dir = mkdtempSync(join(tmpdir(), 'relay-pair-bus-'));
    const bus = await openEmbeddedBus({ dir, clock: systemClock });
    const rest = bybitAdapter({ wsUrl: exchange.wsUrl, restUrl: exchange.httpUrl }).rest({
      baseUrl: exchange.httpUrl,
      clock: systemClock,
    });
    const graph = await GraphService.open({
      bus,
      clock,
      project: 'test',
      venue: 'bybit',
      symbols: SYMBOLS,
      params: DEFAULT_PARAMS,
      fetchKlines: (query, signal) => rest.klines({ ...query, signal }),
      notice: () => {},
    });
    const candles = await bus.subscribe('market-candles', 'test');
    const events = await bus.subscribe('feed-events', 'test');
    return new World(originMs, clock, exchange, bus, graph, [candles, events]);
  }

  private constructor(
    originMs: number,
    clock: Clock,
    exchange: SimulatedExchange,
    bus: MessageBus,
    graph: GraphService,
    [candles, events]: [Subscription, Subscription],
  ) {
    this.#originMs = originMs;
    this.clock = clock;
    this.exchange = exchange;
    this.#bus = bus;
    this.#graph = graph;
    this.#subscriptions.push(candles, events);
    this.#running = graph.run();
    this.#running.catch(() => {});
    const onCandle = (message: OutgoingMessage) => this.#candle(Candle.parse(jsonOf(message)));
    const onEvent = (message: OutgoingMessage) => this.events.push(FeedEvent.parse(jsonOf(message)));
    this.#collecting = Promise.all([collect(candles, onCandle), collect(events, onEvent)]);
  }

  /** One more relay; the first asks for the lease at once, others stand by. */
  start(restUrl = this.exchange.httpUrl): Relay {
    const holder = `relay-${++this.#relays}`;
    const options: ChildOptions = {
      wsUrl: this.exchange.wsUrl,
      restUrl,
      symbols: SYMBOLS,
      holder,
      ttlMs: TTL_MS,
      originMs: this.#originMs,
      startMs: START,
      speed: SPEED,
      leasePath: join(this.#dir, 'lease.db'),
      spillDir: join(this.#dir, holder),
    };
    const script = join(import.meta.dirname, 'child.fixture.ts');
    const child = fork(script, [JSON.stringify(options)], { serialization: 'advanced', execArgv: [] });
    const relay = { holder, child, publishes: new Map(), isUp: false, isActive: false };
    child.on('message', (message: Publish | State) => {
      if ('call' in message) void this.#publish(relay, message);
      else Object.assign(relay, message);
    });
    return relay;
  }

  async kill({ child }: Relay): Promise<void> {
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }

  /** Candles of closed minutes as the exchange has them. */
  truth(symbol: string, fromMs: number, toMs: number): Promise<Candle[]> {
    const { httpUrl, wsUrl } = this.exchange;
    const rest = bybitAdapter({ wsUrl, restUrl: httpUrl }).rest({ baseUrl: httpUrl, clock: systemClock });
    return rest.klines({ symbol, interval: '1m', fromMs, toMs });
  }

  ours(symbol: string, openTime: number): Candle | undefined {
    return this.candles.get(`${streamKey('bybit', symbol)}:${openTime}`);
  }

  async close(): Promise<void> {
    await this.#graph.stop();
    await this.#running;
    for (const subscription of this.#subscriptions) await subscription.close();
    await this.#collecting;
    await this.#bus.close();
    await this.exchange.close();
  }

  #candle(candle: Candle): void {
    if (candle.interval !== '1m' || candle.openTime < START - MINUTE_MS) return;
    const at = `${streamKey(candle.venue, candle.symbol)}:${candle.openTime}`;
    const known = this.candles.get(at);
    if (!known || known.revision < candle.revision) this.candles.set(at, candle);
  }

  #trades(data: Uint8Array): void {
    if (readBatchKind(data) === 'bars') return;
    const batch = decodeTradeBatch(data);
    this.counts.trades += batch.count;
    for (let row = 0; row < batch.count; row++) this.ids.add(batch.trade(row).tradeId);
  }

  async #publish(relay: Relay, { call, topic, messages }: Publish): Promise<void> {
    if (topic === 'raw-tick-data') for (const { data } of messages) this.#trades(data);
    relay.publishes.set(topic, (relay.publishes.get(topic) ?? 0) + messages.length);
    const error = await this.#bus.publish(topic, messages).then(() => null, messageOf);
    if (relay.child.connected) relay.child.send({ call, error }, () => {});
  }
}

async function collect(subscription: Subscription, take: (message: OutgoingMessage) => void): Promise<void> {
  for (;;) {
    const deliveries = await subscription.pull(1_000);
    if (deliveries.length === 0) return;
    for (const delivery of deliveries) {
      take(delivery);
      delivery.ack();
    }
  }
}

function jsonOf({ data }: OutgoingMessage): unknown {
  return JSON.parse(Buffer.from(data).toString());
}

/** Waits, in the machine's time, until it is so. */
export async function until(isSo: () => boolean, what: string, withinMs = 30_000): Promise<void> {
  for (const end = systemClock.now() + withinMs; !isSo(); ) {
    if (systemClock.now() > end) throw new Error(`It does not come to be so: ${what}.`);
    await systemClock.until(systemClock.now() + 10);
  }
}
