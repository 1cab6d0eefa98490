/**
 * How far a feed is known to be complete, in whatever order its messages come. Pure: times are given.
 *
 * The relay publishes a snapshot of each second of each symbol, and numbers the symbol's trades. A second is complete
 * when all seconds before it are, its snapshot is here, and so is every trade that the snapshot has counted.
 */
import type { Delivery } from '../../../connectors/bus/port.ts';
import { type FeedPosition, positionOf } from '../../../schemas/feed-position.ts';
import { Spans } from './spans.ts';

const SECOND = 1_000;

export interface CompletenessOptions {
  /** Symbols (`venue:symbol`) that are expected to be heard of; others count from their first snapshot on. */
  readonly keys: readonly string[];
  /** An earlier run has dealt with what came before: nothing older must be here. Unit: ms since the epoch. */
  readonly sinceMs: number;
  /**
   * What is missing is waited for this long, counted from when the bus last brought something as old or could not rule
   * out that it would. Then it was never published, or an earlier run has acknowledged it. Unit: ms of the clock.
   */
  readonly patienceMs: number;
  readonly nowMs: number;
}

/** A message as far as it says something about completeness. */
export interface Evidence {
  readonly kind: 'snapshot' | 'trades';
  /** `venue:symbol`. */
  readonly key: string;
  /** Of a snapshot, the end of its second. Unit: ms since the epoch. */
  readonly eventTimeMs: number;
  readonly position: FeedPosition | undefined;
  /** It was here before and went back: that it comes again says nothing of what else the bus has. */
  readonly isRepeated: boolean;
}

export function evidenceOf(kind: Evidence['kind'], delivery: Delivery, eventTimeMs: number): Evidence {
  const { orderingKey: key, attributes, attempt } = delivery;
  return { kind, key, eventTimeMs, position: positionOf(attributes), isRepeated: attempt > 1 };
}

interface Waiting {
  readonly position: FeedPosition | undefined;
  readonly arrivedMs: number;
}

/** One symbol. Seconds are named by their ends. */
interface Stream {
  /** Complete up to here; -Infinity before the first second. */
  untilMs: number;
  /** The trades that were counted by then. */
  counted: FeedPosition | undefined;
  /** Snapshots of later seconds. */
  readonly waiting: Map<number, Waiting>;
  /** Trades not yet counted, by the start of the publisher that numbered them. */
  readonly trades: Map<number, Spans>;
  heardMs: number;
}

export class Completeness {
  readonly #options: CompletenessOptions;
  readonly #streams = new Map<string, Stream>();
  /** When the bus may last have had something older than what it brought. */
  #unsureMs: number;
  readonly #openedMs: number;

  constructor(options: CompletenessOptions) {
    this.#options = options;
    this.#unsureMs = options.nowMs;
    this.#openedMs = options.nowMs;
    for (const key of options.keys) this.#streams.set(key, newStream(options.nowMs));
  }

  get sinceMs(): number {
    return this.#options.sinceMs;
  }

  get patienceMs(): number {
    return this.#options.patienceMs;
  }

  /** The bus cannot rule out that something older is still to come. */
  doubt(nowMs: number): void {
    this.#unsureMs = Math.max(this.#unsureMs, nowMs);
  }

  /** Takes note of a message. One from the future says nothing: it must not close what is still open. */
  add({ kind, key, eventTimeMs, position, isRepeated }: Evidence, nowMs: number): void {
    const { patienceMs } = this.#options;
    if (!isRepeated && eventTimeMs < nowMs - patienceMs) this.doubt(nowMs);
    const stream = this.#streams.get(key) ?? newStream(nowMs);
    this.#streams.set(key, stream);
    if (kind === 'trades') {
      if (position) spansOf(stream, position.since).add(position.from, position.to);
      return;
    }
    if (eventTimeMs > nowMs + patienceMs) return;
    stream.heardMs = nowMs;
    if (eventTimeMs > stream.untilMs && !stream.waiting.has(eventTimeMs)) {
      stream.waiting.set(eventTimeMs, { position, arrivedMs: nowMs });
    }
  }

  /** Takes back what was noted of a message that goes back to the bus; it lies beyond the watermark. */
  remove({ kind, key, eventTimeMs, position }: Evidence): void {
    const stream = this.#streams.get(key);
    if (kind === 'snapshot') stream?.waiting.delete(eventTimeMs);
    else if (position) stream?.trades.get(position.since)?.remove(position.from, position.to);
  }

  /** Everything up to here is complete, in all symbols that are not silent; never falls where the caller keeps the highest. */
  untilMs(nowMs: number): number {
    for (const stream of this.#streams.values()) this.#advance(stream, nowMs);
    const all = [...this.#streams.values()];
    if (all.length === 0) return Number.NEGATIVE_INFINITY;
    const furthest = Math.max(...all.map(({ untilMs }) => untilMs));
    const counting = all.filter((stream) => stream.untilMs === furthest || !this.#isSilent(stream, nowMs));
    return Math.min(...counting.map(({ untilMs }) => untilMs));
  }

  #isSilent({ waiting, heardMs }: Stream, nowMs: number): boolean {
    return waiting.size === 0 && this.#isOverdue(heardMs, nowMs);
  }

  #advance(stream: Stream, nowMs: number): void {
    while (stream.waiting.size > 0) {
      const nextMs = this.#nextOf(stream);
      const next = stream.waiting.get(nextMs)!;
      const isFirst = stream.untilMs === Number.NEGATIVE_INFINITY;
      const missedMs = isFirst ? this.#openedMs : next.arrivedMs;
      if (!this.#follows(stream, nextMs, next) && !this.#isOverdue(missedMs, nowMs)) return;
      stream.waiting.delete(nextMs);
      stream.untilMs = nextMs;
      if (next.position) count(stream, next.position);
    }
  }

  #nextOf({ untilMs, waiting }: Stream): number {
    if (waiting.has(untilMs + SECOND)) return untilMs + SECOND;
    let next = Number.POSITIVE_INFINITY;
    for (const ms of waiting.keys()) if (ms < next) next = ms;
    return next;
  }

  #follows(stream: Stream, nextMs: number, { position }: Waiting): boolean {
    if (stream.untilMs === Number.NEGATIVE_INFINITY) return nextMs <= this.#options.sinceMs;
    return nextMs === stream.untilMs + SECOND && (!position || hasTrades(stream, position));
  }

  #isOverdue(sinceMs: number, nowMs: number): boolean {
    return nowMs - Math.max(sinceMs, this.#unsureMs) >= this.#options.patienceMs;
  }
}

function newStream(nowMs: number): Stream {
  return {
    untilMs: Number.NEGATIVE_INFINITY,
    counted: undefined,
    waiting: new Map(),
    trades: new Map(),
    heardMs: nowMs,
  };
}

function spansOf({ trades }: Stream, since: number): Spans {
  let spans = trades.get(since);
  if (!spans) {
    spans = new Spans();
    trades.set(since, spans);
  }
  return spans;
}

/** All trades that the snapshot has counted, after those counted before; a publisher that began anew counts from 0. */
function hasTrades({ counted, trades }: Stream, { since, to }: FeedPosition): boolean {
  const from = counted?.since === since ? counted.to : counted ? 0 : to;
  return to <= from || (trades.get(since)?.covers(from, to) ?? false);
}

function count(stream: Stream, position: FeedPosition): void {
  const { trades } = stream;
  stream.counted = position;
  for (const since of trades.keys()) if (since < position.since) trades.delete(since);
  trades.get(position.since)?.remove(0, position.to);
}
