/** The whole platform in one process: exchange → relay → bus → graph → history, each behind its port. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbeddedBus, removeEmbeddedBus } from '../connectors/bus/embedded.ts';
import type { MessageBus, Subscription } from '../connectors/bus/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import type { History } from '../connectors/history/port.ts';
import { type HistoryRecorder, recordHistory } from '../connectors/history/subscriber.ts';
import { type Relay, type RelayStats, startRelay } from '../connectors/relay/relay.ts';
import { GraphService } from '../pipelines/graph-service.ts';
import type { StepMetrics } from '../pipelines/runners/embedded/metrics.ts';
import { messageOf } from '../schemas/errors.ts';
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
/** What the relay could not publish; see connectors/outbox/outbox.ts. */
const SPILL = 'spill';
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
/**
 * Removes what an earlier stack left in its folder, and nothing else that lies there.
 * @throws UpstreamError where one still runs on it.
 */
export async function removeStack(dir: string): Promise<void> {
  await removeEmbeddedBus(join(dir, BUS));
  for (const name of [HISTORY, `${HISTORY}.wal`]) await rm(join(dir, name), { force: true });
  await rm(join(dir, SPILL), { force: true, recursive: true });
}

interface Parts {
  readonly bus: MessageBus;
  readonly history: History;
  readonly recorder: HistoryRecorder;
  readonly graph: GraphService;
  readonly relay: Relay;
}

/** A running stack. Messages published before the graph was warm wait for it on the bus. */
export class LocalStack {
  readonly #parts: Parts;
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
      const graph = await openGraph(options, bus, history);
      return new LocalStack({ bus, history, recorder, graph, relay: await openRelay(options, bus) });
    } catch (error) {
      // The bus first: that ends the recorder, which writes to history.
      await bus.close();
      await history?.close();
      throw error;
    }
  }

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Everything published on a topic from now on. */
  subscribe(topic: TopicName, name: string): Promise<Subscription> {
    return this.#parts.bus.subscribe(topic, name);
  }

  /** Relays these from now on; the graph has the history of those it began with. */
  follow(symbols: readonly string[], halted: readonly string[]): void {
    this.#parts.relay.follow(symbols, halted);
  }

  relay(): RelayStats {
    return this.#parts.relay.stats();
  }

  steps(): readonly StepMetrics[] {
    return this.#parts.graph.steps();
  }

  /** Messages that wait for their windows, or for the graph. */
  backlog(): number {
    return this.#parts.graph.backlog() ?? 0;
  }

  /** Warms the graph and runs it until `stop`. Rejects where a step fails. */
  run(): Promise<void> {
    return this.#parts.graph.run();
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
    const failures: unknown[] = [];
    const inOrder = [
      () => this.#parts.relay.stop(),
      () => this.#parts.graph.stop(),
      () => this.#parts.recorder.close(),
      () => this.#parts.history.close(),
      () => this.#parts.bus.close(),
    ];
    for (const end of inOrder) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}

function openRelay(
  { source, symbols, dir, seed, notice }: LocalStackOptions,
  bus: MessageBus,
): Promise<Relay> {
  const { adapter, clock } = source;
  return startRelay({ adapter, symbols, bus, clock, seed, spillDir: join(dir, SPILL), log: notice });
}

function openGraph(
  { source, symbols, params, notice }: LocalStackOptions,
  bus: MessageBus,
  history: History,
): Promise<GraphService> {
  const { adapter, clock } = source;
  const rest = adapter.rest({ baseUrl: adapter.restUrl, clock: systemClock });
  return GraphService.open({
    ...{ bus, clock, project: 'local', venue: adapter.venue, symbols, params, history, notice },
    onWarm: () => source.begin(),
    fetchKlines: (query, signal) => rest.klines({ ...query, signal }),
  });
}
