/** A graph on a durable bus that lives, dies and comes back, for tests. Its publisher and its readers live on. */
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedBus } from '../connectors/bus/embedded.ts';
import type { MessageBus, OutgoingMessage, Subscription } from '../connectors/bus/port.ts';
import { ManualClock } from '../connectors/clock/manual.ts';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import type { History } from '../connectors/history/port.ts';
import { type HistoryRecorder, recordHistory } from '../connectors/history/subscriber.ts';
import type { SignalParams } from '../schemas/params.ts';
import { GRAPH_INPUTS } from '../schemas/subscriptions.ts';
import type { TopicName } from '../schemas/topics.ts';
import { compileSignals } from './compile.ts';
import { busEdges } from './runners/embedded/bus-edges.ts';
import { EmbeddedRunner, type RunHandle } from './runners/embedded/runner.ts';
import { type FetchKlines, resumption, warmCandles } from './warm-start.ts';

const OUTPUTS = ['market-candles', 'trade-signals-micro', 'market-features'] as const;
const NEVER = new Promise<never>(() => undefined);

export interface WorldOptions {
  readonly symbols: readonly string[];
  readonly startMs: number;
  readonly params: SignalParams;
  readonly fetchKlines: FetchKlines;
}

/** What is left of one process once it has been killed: nothing it asks for is ever answered. */
class Mortal implements MessageBus {
  readonly #bus: MessageBus;
  isDead = false;

  constructor(bus: MessageBus) {
    this.#bus = bus;
  }

  publish(topic: TopicName, messages: readonly OutgoingMessage[]): Promise<void> {
    return this.isDead ? NEVER : this.#orNever(this.#bus.publish(topic, messages));
  }

  async subscribe(...words: Parameters<MessageBus['subscribe']>): Promise<Subscription> {
    const subscription = await this.#bus.subscribe(...words);
    return {
      pull: async (max) => {
        const deliveries = await this.#orNever(subscription.pull(max));
        return deliveries.map((delivery) => ({
          ...delivery,
          ack: () => this.isDead || delivery.ack(),
          nack: () => this.isDead || delivery.nack(),
        }));
      },
      oldestPending: () => subscription.oldestPending(),
      backlog: () => subscription.backlog(),
      close: () => subscription.close(),
    };
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  async #orNever<T>(promise: Promise<T>): Promise<T> {
    const answer = await promise;
    return this.isDead ? NEVER : answer;
  }
}

interface Life {
  readonly bus: Mortal;
  readonly recorder: HistoryRecorder;
  readonly graph: RunHandle;
}

export class World {
  readonly clock: ManualClock;
  readonly #options: WorldOptions;
  readonly #history: History;
  readonly #buses: MessageBus[] = [];
  #dir = mkdtempSync(join(tmpdir(), 'lives-'));
  #bus!: MessageBus;
  #life: Life | null = null;

  static async open(options: WorldOptions): Promise<World> {
    const world = new World(options, await openDuckDbHistory({ path: ':memory:' }));
    await world.#openBus();
    const readers = [
      ...OUTPUTS.map((topic) => [topic, 'reader'] as const),
      ['market-candles', 'history'] as const,
    ];
    const all = [...readers, ...GRAPH_INPUTS.map((topic) => [topic, 'graph'] as const)];
    // Once made, a subscription keeps what is published until someone opens it again.
    for (const [topic, name] of all) await (await world.#bus.subscribe(topic, name)).close();
    return world;
  }

  private constructor(options: WorldOptions, history: History) {
    this.#options = options;
    this.#history = history;
    this.clock = new ManualClock(options.startMs);
  }

  async #openBus(): Promise<void> {
    this.#bus = await openEmbeddedBus({ dir: this.#dir, clock: this.clock, fsync: 'never' });
    this.#buses.push(this.#bus);
  }

  publish(topic: TopicName, messages: readonly OutgoingMessage[]): Promise<void> {
    return this.#bus.publish(topic, messages);
  }

  get isUp(): boolean {
    return this.#life !== null;
  }

  /** A new process: warm candles from history and the exchange, then the messages that nobody acknowledged. */
  async begin(): Promise<void> {
    const { symbols, params, fetchKlines } = this.#options;
    const bus = new Mortal(this.#bus);
    const recorder = await recordHistory({
      bus,
      history: this.#history,
      clock: this.clock,
      topics: ['market-candles'],
      maxWaitMs: 0,
    });
    const now = this.clock.now();
    const history = await warmCandles({
      venue: 'bybit',
      symbols,
      startMs: now,
      history: this.#history,
      fetchKlines,
    });
    const subscriptions = new Map<string, Subscription>();
    for (const name of GRAPH_INPUTS) {
      const limits = { ackDeadlineMs: 86_400_000, maxOutstanding: 500_000 };
      subscriptions.set(name, await bus.subscribe(name, 'graph', limits));
    }
    const pipeline = compileSignals({
      project: 'test',
      params,
      leadVenue: 'bybit',
      history,
      ...resumption(history, now, params),
    });
    const { allowedDisorderMs } = params.market;
    const edges = busEdges({
      bus,
      clock: this.clock,
      allowedDisorderMs,
      subscriptions,
      mayBeSilent: new Set(['raw-tick-data']),
    });
    const graph = await new EmbeddedRunner({ edges }).start(pipeline);
    graph.done.catch((error: unknown) => console.error(error));
    this.#life = { bus, recorder, graph };
  }

  /** SIGTERM: drains, closes, opens the folder anew. */
  async stop(): Promise<void> {
    const life = this.#life!;
    this.#life = null;
    await life.graph.drain();
    await life.recorder.close();
    await this.#bus.close();
    await this.#openBus();
  }

  /** SIGKILL: what the folder holds at this instant is all that is left. */
  async kill(): Promise<void> {
    this.#life!.bus.isDead = true;
    this.#life = null;
    const dir = mkdtempSync(join(tmpdir(), 'lives-'));
    cpSync(this.#dir, dir, { recursive: true, filter: (path) => !/[/\\]lock/.test(path) });
    this.#dir = dir;
    await this.#openBus();
  }

  /** Lets the process work until its event time has come to `ms`. */
  async reach(ms: number): Promise<void> {
    const { graph } = this.#life!;
    const isThere = () => graph.metrics().every(({ watermarkMs }) => watermarkMs >= ms);
    while (!isThere()) await new Promise(setImmediate);
  }

  /** Everything readers were sent, by topic; ends the world. */
  async close(): Promise<Map<TopicName, { id: string; json: string }[]>> {
    if (this.#life) await this.stop();
    const all = new Map<TopicName, { id: string; json: string }[]>();
    for (const topic of OUTPUTS) {
      const subscription = await this.#bus.subscribe(topic, 'reader');
      const read: { id: string; json: string }[] = [];
      while ((subscription.backlog() ?? 0) > 0) {
        for (const delivery of await subscription.pull(1_000)) {
          read.push({ id: delivery.attributes.id!, json: Buffer.from(delivery.data).toString() });
          delivery.ack();
        }
      }
      all.set(topic, read);
    }
    await this.#history.close();
    await Promise.allSettled(this.#buses.map((bus) => bus.close()));
    return all;
  }
}
