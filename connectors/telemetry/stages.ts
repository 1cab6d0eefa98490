/** Measures the stages that run in this process: each begins at the instant at which the one before it ended. */
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { type TracedBar, type TraceStage, traceIdOf } from '../../schemas/trace.ts';
import type { Clock } from '../clock/port.ts';
import type { Telemetry } from './port.ts';

export interface StagesOptions {
  readonly telemetry: Pick<Telemetry, 'record'>;
  /** The stack's: of the market where that is simulated. */
  readonly clock: Clock;
  /** False where the bus stamps messages by another clock. Default true. */
  readonly isBusTime?: boolean;
}

export interface EndedStage {
  readonly stage: TraceStage;
  /** Null: of no bar, and so of no trace. */
  readonly bar: TracedBar | null;
  /** What it made. A second end of the same is none: what comes again is not measured again. */
  readonly id: string;
  /** What it was made of: the `id` of the stage before. */
  readonly after: string;
  /** When that was, where this process has not seen it end; else the stage has no length. Unit: ms. */
  readonly sinceMs?: number | undefined;
  /** Now, where left out. Unit: ms. */
  readonly endMs?: number | undefined;
  /** For people. */
  readonly attributes?: Readonly<Record<string, string | number>>;
}

/** Of ends, messages and minutes that are remembered: an hour of a hundred symbols. */
const MAX_KNOWN = 12_000;
/** Minutes that one step of event time marks at most. */
const MAX_MINUTES = 240;

export class Stages {
  readonly #options: StagesOptions;
  readonly #ends = new Recent<string>();
  readonly #arrivals = new Recent<string>();
  readonly #passed = new Recent<number>();
  #watermarkMs = Number.NEGATIVE_INFINITY;

  constructor(options: StagesOptions) {
    this.#options = options;
  }

  /** A stage ends. */
  ended({ stage, bar, id, after, sinceMs, endMs, attributes }: EndedStage): void {
    if (bar === null || this.#ends.get(id) !== undefined) return;
    const nowMs = endMs ?? this.#options.clock.now();
    const startMs = this.#ends.get(after) ?? this.#arrivals.get(after) ?? sinceMs ?? nowMs;
    // Clocks of two machines may differ: no stage ends before it began.
    const span = { stage, startMs, endMs: Math.max(startMs, nowMs) };
    // Of a message that does not say when it was.
    if (!Number.isFinite(span.endMs)) return;
    this.#ends.set(id, span.endMs);
    this.#options.telemetry.record({ traceId: traceIdOf(bar), ...span, attributes: { id, ...attributes } });
  }

  /** A message comes from the bus; where another process published it, that stage ended as the bus took it. Unit: ms. */
  arrived(id: string, publishTimeMs: number): void {
    if (this.#options.isBusTime !== false) this.#arrivals.set(id, publishTimeMs);
  }

  /** Event time has come to here: bars that close by then are decided now. Unit: ms. */
  passed(watermarkMs: number): void {
    if (!(watermarkMs > this.#watermarkMs) || !Number.isFinite(watermarkMs)) return;
    const last = Math.floor(watermarkMs / MINUTE_MS);
    const first = Math.max(Math.floor(this.#watermarkMs / MINUTE_MS) + 1, last - MAX_MINUTES);
    this.#watermarkMs = watermarkMs;
    for (let minute = first; minute <= last; minute++) {
      this.#passed.set(minute * MINUTE_MS, this.#options.clock.now());
    }
  }

  /** When that was; undefined where this process did not see it. Unit: ms. */
  passedAt(closeMs: number): number | undefined {
    return this.#passed.get(closeMs);
  }
}

/** The newest of many. */
class Recent<K> {
  readonly #all = new Map<K, number>();

  get(key: K): number | undefined {
    return this.#all.get(key);
  }

  set(key: K, ms: number): void {
    this.#all.set(key, ms);
    if (this.#all.size <= MAX_KNOWN) return;
    const [oldest] = this.#all.keys();
    this.#all.delete(oldest!);
  }
}
