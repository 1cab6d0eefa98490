/** The whole platform in one process: exchange → relay → bus → graph → functions and history, each behind its port. */
import { join } from 'node:path';
import type { MessageBus, Subscription } from '../connectors/bus/port.ts';
import type { Clock } from '../connectors/clock/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import type { History } from '../connectors/history/port.ts';
import { recordHistory } from '../connectors/history/subscriber.ts';
import { Meter } from '../connectors/metrics/meter.ts';
import { type Relay, type RelayStats, startRelay } from '../connectors/relay/relay.ts';
import { HISTORY_FILE } from '../connectors/sql/duckdb/tables.ts';
import type { Stages } from '../connectors/telemetry/stages.ts';
import { feedTold } from '../connectors/telemetry/traced-bus.ts';
import type { AccountPorts } from '../functions/trade-desk/execution.ts';
import type { Book, Swing } from '../functions/trade-desk/state.ts';
import { GraphService } from '../pipelines/graph-service.ts';
import type { StepMetrics } from '../pipelines/runners/embedded/metrics.ts';
import type { Candle } from '../schemas/candle.ts';
import { messageOf } from '../schemas/errors.ts';
import { STAGES } from '../schemas/metrics.ts';
import type { SignalParams } from '../schemas/params.ts';
import { TOPIC_NAMES, type TopicName } from '../schemas/topics.ts';
import { type Close, closeInOrder } from './close-in-order.ts';
import { graphHealth, graphSamples } from './graph-metrics.ts';
import type { Health } from './health.ts';
import { type AlertCounts, LocalFunctions } from './local-functions.ts';
import type { TelegramAccess } from './local-messenger.ts';
import { relaySamples } from './relay-metrics.ts';
import { openStackBus, type StackBusOptions } from './stack-bus.ts';
import type { StackConfig } from './stack-config.ts';
import { SPILL } from './stack-folders.ts';
import { openStackRecording, type StackRecording } from './stack-recording.ts';

export interface LocalStackOptions extends StackBusOptions {
  readonly symbols: readonly string[];
  readonly params: SignalParams;
  readonly config: StackConfig;
  readonly seed: number;
  /** See LocalFunctionsOptions. */
  readonly survives: 'machine' | 'process';
  readonly telegram: TelegramAccess | null;
  readonly account?: AccountPorts | null;
  /** Folder of a recording of all that the relay is told; none where left out. */
  readonly recordDir?: string | undefined;
  /** Told the file of each chart, and what it shows. */
  readonly onChart: (path: string, title: string) => void;
}

interface Parts {
  readonly bus: MessageBus;
  readonly history: History;
  readonly functions: LocalFunctions;
  readonly graph: GraphService;
  readonly relay: Relay;
  readonly meter: Meter;
  readonly clock: Clock;
}

interface Shared {
  readonly bus: MessageBus;
  readonly history: History;
  readonly stages: Stages;
}

/** A running stack. Messages published before the graph was warm wait for it on the bus. */
export class LocalStack {
  readonly #parts: Parts;
  /** The last opened first. */
  readonly #closes: readonly Close[];
  #stopped: Promise<void> | undefined;

  /** Opens bus and history and starts the relay. @throws ConfigError, UpstreamError where the folder cannot be used. */
  static async open(options: LocalStackOptions): Promise<LocalStack> {
    const closes: Close[] = [];
    try {
      return new LocalStack(await openParts(options, (close) => closes.unshift(close)), closes);
    } catch (error) {
      await closeInOrder(closes).catch(() => {});
      throw error;
    }
  }

  private constructor(parts: Parts, closes: readonly Close[]) {
    this.#parts = parts;
    this.#closes = closes;
  }

  /** Everything published on a topic from now on. */
  subscribe(topic: TopicName, name: string): Promise<Subscription> {
    return this.#parts.bus.subscribe(topic, name);
  }

  /** For whoever looks on: it stays the stack's. */
  get history(): Pick<History, 'query'> {
    return this.#parts.history;
  }

  /** Relays these from now on, and has MACRO decide on them; the graph has the history of those it began with. */
  follow(symbols: readonly string[], halted: readonly string[]): void {
    this.#parts.relay.follow(symbols, halted);
    this.#parts.functions.follow(symbols);
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

  health(): Health {
    const { graph, clock } = this.#parts;
    return graphHealth(graph, clock.now(), this.#stopped !== undefined);
  }

  /** Of every stage, in the text format of Prometheus. */
  metrics(): Promise<string> {
    return this.#parts.meter.text();
  }

  /** The desk's books as they are. */
  books(): Promise<Book[]> {
    return this.#parts.functions.books();
  }

  /** SWING positions that are open. */
  swings(): Promise<Swing[]> {
    return this.#parts.functions.swings();
  }

  alerts(): AlertCounts {
    return this.#parts.functions.alerts();
  }

  /** Warms the graph and runs it until `stop`. Rejects where a step fails. */
  run(): Promise<void> {
    return this.#parts.graph.run();
  }

  /**
   * Stops reading, publishes what was received, then closes what follows from it, history last. Idempotent.
   * Where a part fails, the others are still closed; the first failure is thrown.
   */
  stop(): Promise<void> {
    this.#stopped ??= closeInOrder(this.#closes);
    return this.#stopped;
  }
}

async function openParts(options: LocalStackOptions, onClose: (close: Close) => void): Promise<Parts> {
  const { dir, notice } = options;
  const { clock } = options.source;
  const meter = new Meter(STAGES);
  const { bus, stages } = await openStackBus(options, meter, onClose);
  const history = await openDuckDbHistory({ path: join(dir, HISTORY_FILE), isLean: true });
  onClose(() => history.close());
  const onError = (topic: TopicName, error: unknown) => notice(`History of ${topic}: ${messageOf(error)}`);
  const recorder = await recordHistory({
    bus,
    history,
    clock: systemClock,
    topics: TOPIC_NAMES,
    onError,
    meter,
  });
  onClose(() => recorder.close());
  const functions = await LocalFunctions.open({ ...options, bus, stages, meter });
  onClose(() => functions.close());
  const recording =
    options.recordDir === undefined ? null : await openStackRecording(options, options.recordDir);
  onClose(async () => recording?.close());
  const graph = await openGraph(options, { bus, history, stages }, (known) => {
    recording?.warmed(known);
    functions.begin();
  });
  onClose(() => graph.stop());
  const relay = await openRelay(options, { bus, stages }, recording);
  onClose(() => relay.stop());
  meter.read(() => graphSamples(graph, clock.now()));
  meter.read(() => relaySamples({ ...relay.stats(), recording: null }));
  return { bus, history, functions, graph, relay, meter, clock };
}

function openRelay(
  { source, symbols, dir, seed, notice }: LocalStackOptions,
  { bus, stages }: Pick<Shared, 'bus' | 'stages'>,
  recording: StackRecording | null,
): Promise<Relay> {
  const { adapter, clock } = source;
  return startRelay({
    adapter,
    symbols,
    bus,
    clock,
    seed,
    spillDir: join(dir, SPILL),
    log: notice,
    ...recording?.taps,
    onMessages: (messages) => feedTold(stages, messages),
  });
}

function openGraph(
  { source, symbols, params, notice }: LocalStackOptions,
  { bus, history, stages }: Shared,
  onWarm: (known: readonly Candle[]) => void,
): Promise<GraphService> {
  const { adapter, clock } = source;
  const rest = adapter.rest({ baseUrl: adapter.restUrl, clock: systemClock });
  return GraphService.open({
    bus,
    clock,
    project: 'local',
    venue: adapter.venue,
    symbols,
    params,
    history,
    notice,
    onWarm: (known) => {
      onWarm(known);
      source.begin();
    },
    onWatermark: (watermarkMs) => stages.passed(watermarkMs),
    fetchKlines: (query, signal) => rest.klines({ ...query, signal }),
  });
}
