/** One run of a graph: read a chunk, push it, let event time rise and windows fire, flush, acknowledge; then the next. */
import '../../../transforms/sdk.beam.ts';
import { setImmediate } from 'node:timers/promises';
import { PaneInfoCoder } from 'apache-beam/coders/standard_coders';
import type { Pipeline } from 'apache-beam/proto/beam_runner_api';
import { GlobalWindow } from 'apache-beam/values';
import type { IOperator } from 'apache-beam/worker/operators';
import Long from 'long';
import { pubsubData } from '../../../schemas/pubsub-message.ts';
import type { Edges, SourceChunk, SourceMessage } from './edges.ts';
import { connect, type Graph, stepError } from './graph.ts';
import { GroupOperator } from './group.ts';
import { counterTotals, type RunSummary, type StepMetrics, stepMetrics } from './metrics.ts';
import type { Plan } from './plan.ts';
import { planOf } from './plan.ts';
import { Ledger } from './receipts.ts';
import { type Source, Sources } from './sources.ts';

/** Writes kept before a flush within a bundle: bounds memory where one watermark closes very many windows. */
const FLUSH_AT = 10_000;
/** Bundles between turns of the event loop, so that a replay that never waits leaves room for timers and signals. */
const BUNDLES_PER_TURN = 64;
const GLOBAL = [new GlobalWindow()];
const PANE = PaneInfoCoder.ONE_AND_ONLY_FIRING;
/** Beam's smallest timestamp. Unit: ms since the epoch. */
const BEGINNING = Long.fromString('-9223372036854775');

export interface RunOptions {
  readonly edges: Edges;
  /** Told of each element that was too late for at least one of its windows, by unique name of the group. */
  readonly onDropped?: (step: string, value: unknown) => void;
  /**
   * What a drain does with windows that are still open: leave them unfired and their messages unacknowledged, for the next
   * run to take up (keep, the default), or publish them as they are (fire).
   */
  readonly onDrain?: 'keep' | 'fire';
}

/** A step that acts when its inputs are complete: it ends its bundle, or its event time rises. */
interface Stage {
  readonly name: string;
  readonly operator: IOperator;
  readonly sources: readonly Source[];
}

export class Run {
  readonly #plan: Plan;
  readonly #graph: Graph;
  readonly #sources: Sources;
  readonly #stages: readonly Stage[];
  readonly #ledger: Ledger;
  readonly #options: RunOptions;
  readonly #writes: { count: number };
  #isDraining = false;

  /** Refuses what it cannot run before it opens anything. @throws ConfigError */
  static async prepare(pipeline: Pipeline, options: RunOptions): Promise<Run> {
    const plan = planOf(pipeline);
    const ledger = new Ledger();
    const writes = { count: 0 };
    const graph = await connect(plan, {
      edges: options.edges,
      ledger,
      onDropped: options.onDropped ?? (() => undefined),
      onWrite: () => {
        writes.count += 1;
      },
    });
    return new Run(plan, graph, ledger, writes, options);
  }

  private constructor(
    plan: Plan,
    graph: Graph,
    ledger: Ledger,
    writes: { count: number },
    options: RunOptions,
  ) {
    this.#plan = plan;
    this.#graph = graph;
    this.#ledger = ledger;
    this.#writes = writes;
    this.#options = options;
    this.#sources = new Sources(plan, graph, options.edges);
    this.#stages = graph.nodes
      .filter(({ operator }) => operator instanceof GroupOperator || graph.bundled.has(operator))
      .map(({ step, operator }) => ({
        name: step.name,
        operator,
        sources: this.#sources.all.filter(({ id }) => step.sources.includes(id)),
      }));
  }

  metrics(): StepMetrics[] {
    return stepMetrics(this.#plan, this.#graph, this.#sources.all);
  }

  counters(): Graph['counters'] {
    return this.#graph.counters;
  }

  /** Takes no new messages; what was taken is processed. */
  drain(): void {
    this.#isDraining = true;
    this.#sources.close();
  }

  /** Until all sources have ended. A failure leaves unacknowledged what has not been published. */
  async toEnd(): Promise<RunSummary> {
    try {
      await this.#impulses();
      for (let bundles = 1; ; bundles += 1) {
        let answer = this.#sources.next();
        if (answer instanceof Promise) answer = await answer;
        if (answer === undefined) break;
        await this.#bundle(answer.source, answer.chunk);
        if (bundles % BUNDLES_PER_TURN === 0) await setImmediate();
      }
    } catch (error) {
      this.#sources.close();
      throw error;
    }
    return {
      drained: this.#isDraining,
      steps: this.metrics(),
      counters: counterTotals(this.#graph.counters),
      unacknowledged: this.#ledger.unacknowledged,
    };
  }

  /** Bounded inputs come first: one empty element each, then they have ended. */
  async #impulses(): Promise<void> {
    for (const source of this.#sources.all) {
      if (source.reader) continue;
      await this.#startBundle();
      source.pipe.receive({ value: new Uint8Array(), windows: GLOBAL, pane: PANE, timestamp: BEGINNING });
      source.hasEnded = true;
      await this.#finishBundle(source, Number.POSITIVE_INFINITY);
    }
  }

  async #bundle(source: Source, chunk: SourceChunk | undefined): Promise<void> {
    if (this.#graph.bundled.size > 0) await this.#startBundle();
    if (chunk === undefined) {
      source.hasEnded = true;
      const keepsOpen = this.#isDraining && this.#options.onDrain !== 'fire';
      return this.#finishBundle(source, keepsOpen ? source.watermark : Number.POSITIVE_INFINITY);
    }
    for (const message of chunk.messages) this.#push(source, message);
    return this.#finishBundle(source, chunk.watermarkMs);
  }

  #push(source: Source, message: SourceMessage): void {
    this.#ledger.begin(message);
    source.newest = Math.max(source.newest, message.eventTimeMs);
    source.pipe.receive({
      value: source.withAttributes ? message.bytes : pubsubData(message.bytes),
      windows: GLOBAL,
      pane: PANE,
      timestamp: Long.fromNumber(message.eventTimeMs),
    });
    this.#ledger.end();
  }

  async #startBundle(): Promise<void> {
    for (const { name, operator } of this.#stages) {
      if (this.#graph.bundled.has(operator)) await named(name, operator.startBundle());
    }
  }

  /** Stage by stage in graph order, so that a group has all its input before its event time rises. */
  async #finishBundle(source: Source, watermark: number): Promise<void> {
    source.watermark = watermark;
    for (const { name, operator, sources } of this.#stages) {
      if (!(operator instanceof GroupOperator)) {
        await named(name, operator.finishBundle());
      } else {
        await this.#fire(operator, smallestWatermark(sources));
      }
    }
    if (this.#writes.count > 0) await this.#flush();
    this.#ledger.acknowledge();
  }

  async #fire(group: GroupOperator, watermark: number): Promise<void> {
    while (group.fireLate()) if (this.#writes.count >= FLUSH_AT) await this.#flush();
    if (!group.rise(watermark)) return;
    while (group.fireNext()) if (this.#writes.count >= FLUSH_AT) await this.#flush();
  }

  async #flush(): Promise<void> {
    this.#writes.count = 0;
    await this.#options.edges.flush();
  }
}

function smallestWatermark(sources: readonly Source[]): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (const { watermark } of sources) if (watermark < smallest) smallest = watermark;
  return smallest;
}

async function named(name: string, bundle: Promise<void>): Promise<void> {
  try {
    await bundle;
  } catch (cause) {
    throw stepError(name, cause);
  }
}
