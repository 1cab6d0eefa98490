/** The graph as a service on a bus: subscribed, warmed, run until it is stopped. */
import { backoffMs } from '../connectors/backoff.ts';
import type { MessageBus, Subscription } from '../connectors/bus/port.ts';
import type { Clock } from '../connectors/clock/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import type { History } from '../connectors/history/port.ts';
import type { Candle } from '../schemas/candle.ts';
import { messageOf, UpstreamError } from '../schemas/errors.ts';
import type { SignalParams } from '../schemas/params.ts';
import { MINUTE_MS, streamKey, type Venue } from '../schemas/primitives.ts';
import { GRAPH_INPUTS } from '../schemas/subscriptions.ts';
import { compileSignals } from './compile.ts';
import { type BusEdgesOptions, busEdges } from './runners/embedded/bus-edges.ts';
import { Completeness } from './runners/embedded/completeness.ts';
import type { Edges } from './runners/embedded/edges.ts';
import type { StepMetrics } from './runners/embedded/metrics.ts';
import { EmbeddedRunner, type RunHandle } from './runners/embedded/runner.ts';
import { watchedEdges } from './runners/embedded/watched-edges.ts';
import { type FetchKlines, type Resumption, resumption, warmCandles } from './warm-start.ts';

export interface GraphServiceOptions {
  readonly bus: MessageBus;
  /** Market time. */
  readonly clock: Clock;
  readonly project: string;
  readonly venue: Venue;
  readonly symbols: readonly string[];
  readonly params: SignalParams;
  /** Candles of earlier runs; left out where nothing of them is kept here. */
  readonly history?: Pick<History, 'candles'>;
  /** The exchange's own candles; aborted when the service stops. */
  readonly fetchKlines: (query: Parameters<FetchKlines>[0], signal: AbortSignal) => ReturnType<FetchKlines>;
  /**
   * Left out where the bus knows what it holds and brings it in order. Else how long a message that is missing is waited
   * for once the bus believes that it has brought all. Unit: ms of the clock.
   */
  readonly patienceMs?: number;
  /** Told once what the graph was warmed with, before it takes its first message. */
  readonly onWarm?: (known: readonly Candle[]) => void;
  /** Told how far event time has come, each time that it has. Unit: ms since the epoch. */
  readonly onWatermark?: ((watermarkMs: number) => void) | undefined;
  /** Told in a sentence what a person should know. */
  readonly notice: (line: string) => void;
}

/** A message waits for its windows: minutes of market time, more while a feed is down. Unit: ms. */
const DEADLINE_MS = 24 * 3_600_000;
/** Messages of a quarter of an hour are held (lateness, and what is read ahead): 550 a second, those of 50 symbols. */
const OUTSTANDING = 500_000;
/** What history does not hold, the order book, is looked back on from the first minute published. Unit: ms. */
const LOOK_BACK_MS = 3 * MINUTE_MS;
const RETRY = { firstMs: 1_000, maxMs: 60_000 };

type Warm = { readonly history: Candle[] } & Resumption;

/** Messages published before the graph was warm wait for it on the bus. */
export class GraphService {
  readonly #options: GraphServiceOptions;
  readonly #inputs: ReadonlyMap<string, Subscription>;
  readonly #stopping = new AbortController();
  #run: Promise<RunHandle> | undefined;
  #metrics: RunHandle['metrics'] = () => [];
  #lastPublishMs: number | null = null;
  #stopped: Promise<void> | undefined;

  /** Subscribes: what is published from then on is kept for it. @throws ConfigError, UpstreamError of the bus. */
  static async open(options: GraphServiceOptions): Promise<GraphService> {
    const limits = { ackDeadlineMs: DEADLINE_MS, maxOutstanding: OUTSTANDING };
    const opened = await Promise.all(
      GRAPH_INPUTS.map((topic) => options.bus.subscribe(topic, 'graph', limits)),
    );
    return new GraphService(options, new Map(GRAPH_INPUTS.map((topic, i) => [topic, opened[i]!])));
  }

  private constructor(options: GraphServiceOptions, inputs: ReadonlyMap<string, Subscription>) {
    this.#options = options;
    this.#inputs = inputs;
  }

  /** Empty before the graph is warm. */
  steps(): readonly StepMetrics[] {
    return this.#metrics();
  }

  /** Messages that wait for their windows, or for the graph; undefined where the bus cannot know. */
  backlog(): number | undefined {
    let sum = 0;
    for (const subscription of this.#inputs.values()) {
      const count = subscription.backlog();
      if (count === undefined) return undefined;
      sum += count;
    }
    return sum;
  }

  /** When the bus last took something from the graph, on the graph's clock; null before the first. Unit: ms. */
  get lastPublishMs(): number | null {
    return this.#lastPublishMs;
  }

  /** Warms the graph and runs it until `stop`. Rejects where a step fails. */
  async run(): Promise<void> {
    const done = await this.#begin();
    await done?.();
  }

  /** Known candles are let go of with this call: the graph holds what it needs of them, and a run is long. */
  async #begin(): Promise<(() => Promise<unknown>) | undefined> {
    const warm = await this.#warm();
    if (!warm) return undefined;
    this.#options.onWarm?.(warm.history);
    const { project, params, venue } = this.#options;
    const pipeline = compileSignals({ project, params, leadVenue: venue, ...warm });
    this.#run = new EmbeddedRunner({ edges: this.#edges(warm) }).start(pipeline);
    const { done, metrics } = await this.#run;
    this.#metrics = metrics;
    return () => done;
  }

  /**
   * Stops reading, and gives back every message whose windows are still open: a successor needs them whole. Nothing that
   * is half known is published. Idempotent.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    try {
      await (await this.#run)?.drain();
    } finally {
      await Promise.all([...this.#inputs.values()].map((subscription) => subscription.close()));
    }
  }

  #edges(warm: Warm): Edges {
    const { bus, clock, params, patienceMs, onWatermark = () => {} } = this.#options;
    const common: BusEdgesOptions = {
      bus,
      clock,
      allowedDisorderMs: params.market.allowedDisorderMs,
      subscriptions: this.#inputs,
      mayBeSilent: new Set(['raw-tick-data']),
      lastTopic: 'market-candles',
    };
    const edges = busEdges(
      patienceMs === undefined ? common : { ...common, evidence: this.#evidence(warm, patienceMs) },
    );
    const flush = async (flushing: Promise<void>) => {
      await flushing;
      this.#lastPublishMs = clock.now();
    };
    const watched = watchedEdges(edges, onWatermark);
    return {
      openSource: (name) => watched.openSource(name),
      write: (topic, bytes) => watched.write(topic, bytes),
      flush: () => {
        const flushing = watched.flush();
        return flushing && flush(flushing);
      },
    };
  }

  #evidence({ publishAfterMs }: Warm, patienceMs: number): NonNullable<BusEdgesOptions['evidence']> {
    const { symbols, venue, clock } = this.#options;
    const keys = symbols.map((symbol) => streamKey(venue, symbol));
    const nowMs = clock.now();
    const sinceMs = publishAfterMs - LOOK_BACK_MS;
    const completeness = new Completeness({ keys, sinceMs, patienceMs, nowMs });
    return { completeness, snapshots: 'book-snapshots' };
  }

  /** Known candles and the moment they reach to; undefined when stopped meanwhile. Tries until the exchange answers. */
  async #warm(): Promise<Warm | undefined> {
    const { clock, venue, symbols, params, fetchKlines, notice, history } = this.#options;
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      const startMs = clock.now();
      try {
        const candles = await warmCandles({
          venue,
          symbols,
          startMs,
          history,
          fetchKlines: (query) => fetchKlines(query, signal),
        });
        if (signal.aborted) return undefined;
        const isResuming = this.#options.patienceMs !== undefined;
        return { history: candles, ...resumption(candles, startMs, params, { isResuming }) };
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
