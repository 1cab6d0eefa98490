/** The whole platform in one process: exchange → relay → bus → graph → history, each behind its port. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbeddedBus, removeEmbeddedBus } from '../connectors/bus/embedded.ts';
import type { MessageBus, Subscription } from '../connectors/bus/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { backoffMs } from '../connectors/exchanges/backoff.ts';
import { fetchKlines } from '../connectors/exchanges/bybit/rest.ts';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import type { History } from '../connectors/history/port.ts';
import { type HistoryRecorder, recordHistory } from '../connectors/history/subscriber.ts';
import { type Relay, type RelayStats, startRelay } from '../connectors/relay/relay.ts';
import { compileSignals } from '../pipelines/compile.ts';
import { busEdges } from '../pipelines/runners/embedded/bus-edges.ts';
import type { StepMetrics } from '../pipelines/runners/embedded/metrics.ts';
import { EmbeddedRunner, type RunHandle } from '../pipelines/runners/embedded/runner.ts';
import { type Resumption, resumption, warmCandles } from '../pipelines/warm-start.ts';
import type { Candle } from '../schemas/candle.ts';
import { messageOf, UpstreamError } from '../schemas/errors.ts';
import type { SignalParams } from '../schemas/params.ts';
import type { TopicName } from '../schemas/topics.ts';
import type { MarketSource } from './market-source.ts';

export interface LocalStackOptions {
  readonly source: MarketSource;
  readonly symbols: readonly string[];
  readonly params: SignalParams;
  /** Folder of bus and history. */
  readonly dir: string;
  readonly seed: number;
  /** Told in a sentence what a person should know. */
  readonly notice: (line: string) => void;
}

const BUS = 'bus';
const HISTORY = 'history.duckdb';
const VENUE = 'bybit';
const INPUTS = ['raw-tick-data', 'book-snapshots'] as const;
const RECORDED: readonly TopicName[] = [
  'raw-tick-data',
  'book-snapshots',
  'market-candles',
  'market-levels',
  'market-features',
  'trade-signals-micro',
  'feed-events',
  'dead-letters',
];
/** A message waits for its windows: minutes of market time, more while a feed is down. Unit: ms. */
const GRAPH_DEADLINE_MS = 24 * 3_600_000;
const GRAPH_OUTSTANDING = 500_000;
const RETRY = { firstMs: 1_000, maxMs: 60_000 };

/**
 * Removes what an earlier stack left in its folder, and nothing else that lies there.
 * @throws UpstreamError where one still runs on it.
 */
export async function removeStack(dir: string): Promise<void> {
  await removeEmbeddedBus(join(dir, BUS));
  for (const name of [HISTORY, `${HISTORY}.wal`]) await rm(join(dir, name), { force: true });
}

/** A running stack. Messages published before the graph was warm wait for it on the bus. */
export class LocalStack {
  readonly #options: LocalStackOptions;
  readonly #stopping = new AbortController();
  readonly #bus: MessageBus;
  readonly #history: History;
  readonly #recorder: HistoryRecorder;
  readonly #inputs: ReadonlyMap<string, Subscription>;
  readonly #relay: Relay;
  #graph: Promise<RunHandle> | undefined;
  #metrics: RunHandle['metrics'] = () => [];
  #stopped: Promise<void> | undefined;

  /** Opens bus and history and starts the relay. @throws ConfigError, UpstreamError where the folder cannot be used. */
  static async open(options: LocalStackOptions): Promise<LocalStack> {
    const bus = await openEmbeddedBus({ dir: join(options.dir, BUS), clock: systemClock });
    let history: History | undefined;
    try {
      history = await openDuckDbHistory({ path: join(options.dir, HISTORY) });
      const onError = (topic: TopicName, error: unknown) =>
        options.notice(`History of ${topic}: ${messageOf(error)}`);
      const recorder = await recordHistory({ bus, history, clock: systemClock, topics: RECORDED, onError });
      return new LocalStack(options, bus, history, recorder, await openInputs(bus));
    } catch (error) {
      // The bus first: that ends the recorder, which writes to history.
      await bus.close();
      await history?.close();
      throw error;
    }
  }

  private constructor(
    options: LocalStackOptions,
    bus: MessageBus,
    history: History,
    recorder: HistoryRecorder,
    inputs: ReadonlyMap<string, Subscription>,
  ) {
    this.#options = options;
    this.#bus = bus;
    this.#history = history;
    this.#recorder = recorder;
    this.#inputs = inputs;
    const { source, symbols, seed, notice } = options;
    this.#relay = startRelay({
      url: source.wsUrl,
      venue: VENUE,
      symbols,
      bus,
      clock: source.clock,
      seed,
      log: notice,
    });
  }

  /** Everything published on a topic from now on. */
  subscribe(topic: TopicName, name: string): Promise<Subscription> {
    return this.#bus.subscribe(topic, name);
  }

  relay(): RelayStats {
    return this.#relay.stats();
  }

  steps(): readonly StepMetrics[] {
    return this.#metrics();
  }

  /** Messages that wait for their windows, or for the graph. */
  backlog(): number {
    let sum = 0;
    for (const subscription of this.#inputs.values()) sum += subscription.backlog() ?? 0;
    return sum;
  }

  /** Warms the graph and runs it until `stop`. Rejects where a step fails. */
  async run(): Promise<void> {
    const warm = await this.#warm();
    if (!warm) return;
    const { bus, source, params } = { ...this.#options, bus: this.#bus };
    const pipeline = compileSignals({ project: 'local', params, leadVenue: VENUE, ...warm });
    const edges = busEdges({
      bus,
      clock: source.clock,
      allowedDisorderMs: params.market.allowedDisorderMs,
      subscriptions: this.#inputs,
      mayBeSilent: new Set(['raw-tick-data']),
    });
    this.#graph = new EmbeddedRunner({ edges }).start(pipeline);
    const { done, metrics } = await this.#graph;
    this.#metrics = metrics;
    await done;
  }

  /**
   * Stops reading, publishes what was received, writes history to its end. Idempotent.
   * Where a part fails, the others are still closed; the first failure is thrown.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    const failures: unknown[] = [];
    const inOrder = [
      () => this.#relay.stop(),
      async () => (await this.#graph)?.drain(),
      () => this.#recorder.close(),
      () => this.#history.close(),
      () => this.#bus.close(),
    ];
    for (const end of inOrder) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  /** Known candles and the moment they reach to; undefined when stopped meanwhile. Tries until the exchange answers. */
  async #warm(): Promise<({ history: Candle[] } & Resumption) | undefined> {
    const { source, symbols, notice } = this.#options;
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      const startMs = source.clock.now();
      try {
        const history = await warmCandles({
          venue: VENUE,
          symbols,
          startMs,
          history: this.#history,
          fetchKlines: (query) => fetchKlines({ ...query, baseUrl: source.restUrl, signal }),
        });
        if (signal.aborted) return undefined;
        return { history, ...resumption(history, startMs, this.#options.params) };
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        failures += 1;
        const waitMs = backoffMs(failures, RETRY, 1);
        if (!signal.aborted) notice(`${messageOf(error)} Next try in ${waitMs / 1000} s.`);
        await systemClock.until(systemClock.now() + waitMs, signal);
      }
    }
    return undefined;
  }
}

async function openInputs(bus: MessageBus): Promise<ReadonlyMap<string, Subscription>> {
  const options = { ackDeadlineMs: GRAPH_DEADLINE_MS, maxOutstanding: GRAPH_OUTSTANDING };
  const opened = await Promise.all(INPUTS.map((topic) => bus.subscribe(topic, 'graph', options)));
  return new Map(INPUTS.map((topic, i) => [topic, opened[i]!]));
}
