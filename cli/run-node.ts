/** The graph alone in this process, between the subscriptions and topics of Pub/Sub. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MessageBus } from '../connectors/bus/port.ts';
import { openPubSubBus, type PubSubBusOptions } from '../connectors/bus/pubsub.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { within } from '../connectors/clock/within.ts';
import type { Environment } from '../connectors/environment.ts';
import { venueAdapter } from '../connectors/exchanges/adapters.ts';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import type { History } from '../connectors/history/port.ts';
import { type HistoryRecorder, recordHistory } from '../connectors/history/subscriber.ts';
import { type Log, noticesOf } from '../connectors/log-line.ts';
import { Meter } from '../connectors/metrics/meter.ts';
import { countPublished } from '../connectors/metrics/published.ts';
import { HISTORY_FILE } from '../connectors/sql/duckdb/tables.ts';
import { openServiceTelemetry, type ServiceTelemetry } from '../connectors/telemetry/service.ts';
import type { Stages } from '../connectors/telemetry/stages.ts';
import { tracedBus } from '../connectors/telemetry/traced-bus.ts';
import { GraphService } from '../pipelines/graph-service.ts';
import { messageOf, UpstreamError } from '../schemas/errors.ts';
import type { TopicName } from '../schemas/topics.ts';
import { type DeadMan, startDeadMan } from './dead-man.ts';
import { graphHealth, graphSamples } from './graph-metrics.ts';
import { type Health, isWell, serveHealth } from './health.ts';
import { type PubSubRunOptions, VENUE } from './pubsub-run.ts';
import type { StatusAddress, StatusServer } from './status-server.ts';

export interface NodeOptions extends PubSubRunOptions {
  /** Folder of the history that this node keeps; none is kept where left out. */
  readonly dir?: string | undefined;
  readonly health: StatusAddress;
  /** Where it may name a collector of traces. */
  readonly environment?: Environment;
  /** See DeadManOptions. */
  readonly deadManUrl?: string | null;
  /** Of the client: tests have leases of a second. */
  readonly tuning?: Pick<PubSubBusOptions, 'leaseMs' | 'quietMs' | 'streams'>;
  /** See pipelines/graph-service.ts; market ms. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 10_000;
/** Cloud Run kills ten seconds after it has asked. What is not given back by then comes again when its lease ends. */
const STOP_WITHIN_MS = 8_000;
const STATUS_EVERY_MS = 60_000;

/** Runs until it is asked to stop, or a step fails. @throws ConfigError, UpstreamError */
export async function runNode(options: NodeOptions): Promise<void> {
  const node = await Node.open(options);
  try {
    await Promise.race([node.run(), options.stopAsked]);
  } finally {
    await node.stop();
  }
}

interface Parts {
  readonly bus: MessageBus;
  readonly meter: Meter;
  readonly telemetry: ServiceTelemetry;
  readonly graph: GraphService;
  readonly memory: { readonly history: History; readonly recorder: HistoryRecorder } | undefined;
}

class Node {
  readonly #options: NodeOptions;
  readonly #parts: Parts;
  readonly #stopping = new AbortController();
  #health: StatusServer | undefined;
  #deadMan: DeadMan | undefined;

  static async open(options: NodeOptions): Promise<Node> {
    const { project, endpoint, create, tuning } = options;
    const meter = new Meter(options.dir === undefined ? ['graph'] : ['graph', 'history']);
    const { environment = {}, clock, log } = options;
    const telemetry = await openServiceTelemetry({ environment, service: 'graph', clock, log, meter });
    const { stages } = telemetry;
    const pubSub = openPubSubBus({
      project,
      endpoint,
      create: create ? 'missing' : 'never',
      clock: systemClock,
      ...tuning,
    });
    const bus = countPublished(tracedBus(pubSub, stages), meter, clock);
    let memory: Parts['memory'];
    try {
      memory = options.dir === undefined ? undefined : await remember(bus, options.dir, options.log, meter);
      const graph = await openGraph(options, { bus, stages, history: memory?.history });
      meter.read(() => graphSamples(graph, options.clock.now()));
      const node = new Node(options, { bus, meter, telemetry, memory, graph });
      await node.#serveHealth();
      return node;
    } catch (error) {
      await bus.close();
      await telemetry.close();
      await memory?.history.close();
      throw error;
    }
  }

  private constructor(options: NodeOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
  }

  async run(): Promise<void> {
    void this.#tellStatus();
    await this.#parts.graph.run();
  }

  /** Gives back what is held and closes; in time, or not at all. */
  async stop(): Promise<void> {
    const { log } = this.#options;
    log('INFO', 'Stopping: giving back messages whose windows are open.');
    this.#stopping.abort();
    if (await within(systemClock, STOP_WITHIN_MS, this.#close())) return;
    log('WARNING', `Not stopped within ${STOP_WITHIN_MS / 1000} s: ended as it is.`);
  }

  async #close(): Promise<void> {
    const { bus, graph, memory, telemetry } = this.#parts;
    const failures: unknown[] = [];
    const inOrder = [
      async () => this.#deadMan?.close(),
      () => graph.stop(),
      async () => memory?.recorder.close(),
      async () => memory?.history.close(),
      () => bus.close(),
      () => telemetry.close(),
      async () => this.#health?.close(),
    ];
    for (const end of inOrder) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  async #serveHealth(): Promise<void> {
    const { health, deadManUrl, log, symbols, project } = this.#options;
    const metrics = () => this.#parts.meter.text();
    this.#health = await serveHealth(() => this.#read(), health, metrics);
    if (deadManUrl) {
      const notice = noticesOf(log);
      this.#deadMan = startDeadMan({
        url: deadManUrl,
        isWell: () => isWell(this.#read()),
        clock: systemClock,
        notice,
      });
    }
    log(
      'INFO',
      `Reading ${symbols.length} symbols of Pub/Sub project ${project}; health at ${this.#health.url}.`,
    );
  }

  async #tellStatus(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await systemClock.until(systemClock.now() + STATUS_EVERY_MS, signal);
      if (signal.aborted) return;
      const { state, watermarkMs, lastPublishMs, nowMs } = this.#read();
      const age = (ms: number | null) => (ms === null ? null : nowMs - ms);
      const fields = { watermarkAgeMs: age(watermarkMs), lastPublishAgeMs: age(lastPublishMs) };
      this.#options.log('INFO', `${state}: ${JSON.stringify(fields)}`, fields);
    }
  }

  #read(): Health {
    return graphHealth(this.#parts.graph, this.#options.clock.now(), this.#stopping.signal.aborted);
  }
}

/** History as a subscriber of our own candles. */
async function remember(
  bus: MessageBus,
  dir: string,
  log: Log,
  meter: Meter,
): Promise<NonNullable<Parts['memory']>> {
  await mkdir(dir, { recursive: true }).catch((cause) => {
    throw new UpstreamError(`Cannot make --dir ${dir}: ${messageOf(cause)}`, { cause });
  });
  const history = await openDuckDbHistory({ path: join(dir, HISTORY_FILE), isLean: true });
  const onError = (topic: TopicName, error: unknown) =>
    log('WARNING', `History of ${topic}: ${messageOf(error)}`);
  try {
    const recorder = await recordHistory({
      bus,
      history,
      clock: systemClock,
      topics: ['market-candles'],
      onError,
      meter,
    });
    return { history, recorder };
  } catch (error) {
    await history.close();
    throw error;
  }
}

function openGraph(
  options: NodeOptions,
  { bus, stages, history }: { bus: MessageBus; stages: Stages; history: History | undefined },
): Promise<GraphService> {
  const { clock, project, symbols, params, restUrl, log, patienceMs = PATIENCE_MS } = options;
  const rest = venueAdapter(VENUE).rest({ baseUrl: restUrl, clock: systemClock });
  return GraphService.open({
    bus,
    clock,
    project,
    venue: VENUE,
    symbols,
    params,
    patienceMs,
    ...(history ? { history } : {}),
    fetchKlines: (query, signal) => rest.klines({ ...query, signal }),
    onWatermark: (watermarkMs) => stages.passed(watermarkMs),
    notice: noticesOf(log),
  });
}
