/** Recorded trades as the source of `raw-tick-data`, at full speed and in market time. */
import type { TradeRows } from '../../connectors/files/rows.ts';
import { closeAfter, floorTo, MINUTE_MS, type Venue } from '../../schemas/primitives.ts';
import type { SourceChunk, SourceMessage, SourceReader } from '../runners/embedded/edges.ts';
import { MarketTime, SECOND_MS, STEP_MS } from './market-time.ts';
import { Merge, type Run, type TimedRows } from './merge.ts';
import { type Outbox, SymbolFeed } from './symbol-feed.ts';

/** Messages handed over at once although no minute closed. */
const CHUNK_MESSAGES = 64;
/** How long after its last row a recording is believed to have gone on, whatever end it was told. */
const MAX_TAIL_MS = 24 * 60 * MINUTE_MS;

export type TradeChunk = TradeRows & TimedRows;

export interface TradeInput {
  readonly venue: Venue;
  readonly symbol: string;
  readonly rows: AsyncIterable<TradeChunk>;
}

export interface TradeReplayOptions {
  readonly allowedDisorderMs: number;
  readonly allowedLatenessMs: number;
  /** Rows before it were left out, so nothing earlier is vouched for. Unit: ms. */
  readonly fromMs?: number | undefined;
  /** The recording is known to go on until here; undefined: until its last row. Unit: ms. */
  readonly endMs?: number | undefined;
}

/**
 * The watermark W is the newest time so far less the allowed disorder. Before W closes a minute, every row so far is
 * handed over with a claim on the time so far; only then follow further rows. So which rows are late is exact, and
 * the same in every run.
 */
export class TradeReplay implements SourceReader, Outbox {
  rows = 0;
  late = 0;
  dropped = 0;
  readonly #time: MarketTime;
  readonly #options: TradeReplayOptions;
  readonly #merge: Merge<TradeChunk>;
  readonly #feeds: SymbolFeed[];
  #run: Run<TradeChunk> | undefined;
  #at = 0;
  #out: SourceMessage[] = [];
  /** Market time to claim up to, step by step, and the watermark to reach with it. */
  #advance: { readonly toMs: number; readonly watermark: number } | undefined;
  #phase: 'rows' | 'last claims' | 'end' = 'rows';

  constructor(inputs: readonly TradeInput[], options: TradeReplayOptions) {
    this.#time = new MarketTime(MINUTE_MS, options.allowedLatenessMs);
    this.#options = options;
    this.#merge = new Merge(
      inputs.map((input) => input.rows),
      {
        onChunk: (input, { holes = [] }) => {
          for (const ts of holes) this.#feeds[input]!.leaveOut(ts, ts + 1);
        },
        onEnd: (input) => this.#end(this.#feeds[input]!),
      },
    );
    this.#feeds = inputs.map(({ venue, symbol }) => new SymbolFeed(venue, symbol, this));
  }

  push(message: SourceMessage): void {
    this.#out.push(message);
  }

  get sentAt(): number {
    return this.#time.watermark + this.#options.allowedDisorderMs;
  }

  read(): SourceChunk | undefined | Promise<SourceChunk | undefined> {
    for (;;) {
      if (this.#advance) return this.#step(this.#advance);
      if (this.#phase !== 'rows') return this.#finish();
      if (!this.#run) {
        const next = this.#merge.next();
        if (next instanceof Promise) return next.then(() => this.read());
        if (next) this.#begin(next);
        else this.#phase = 'last claims';
      } else {
        this.#takeRows(this.#run);
        if (this.#out.length >= CHUNK_MESSAGES && !this.#advance) return this.#chunk(this.#time.watermark);
      }
    }
  }

  close(): void {
    this.#merge.close();
    if (this.#phase === 'rows') this.#phase = 'last claims';
    this.#run = undefined;
  }

  #begin(run: Run<TradeChunk>): void {
    this.#run = run;
    this.#at = run.from;
    const feed = this.#feeds[run.input]!;
    if (!feed.hasStarted) this.#startAt(feed, run.chunk.ts[run.from]!);
  }

  #startAt(feed: SymbolFeed, ts: number): void {
    const from = Math.ceil((this.#options.fromMs ?? 0) / SECOND_MS) * SECOND_MS;
    feed.startAt(Math.max(from, floorTo(ts, MINUTE_MS)));
  }

  /** A recording ends with the second of its newest row, or where it was told to, however long others go on. */
  #end(feed: SymbolFeed): void {
    const end = Math.min(this.#options.endMs ?? feed.newest, feed.newest + MAX_TAIL_MS);
    feed.until = floorTo(Math.max(feed.newest, end), SECOND_MS);
  }

  /** Takes rows of the run until it ends, or until one of them closes a minute: that one comes after the claims. */
  #takeRows({ chunk, input, to }: Run<TradeChunk>): void {
    const feed = this.#feeds[input]!;
    const time = this.#time;
    const { ts } = chunk;
    let from = this.#at;
    // The feed's next unclaimed minute: a row of it ends the claim on those before, made with what was known then.
    let nextMinute = closeAfter(feed.claimed, MINUTE_MS);
    for (let at = from; at < to; at++) {
      const t = ts[at]!;
      if (t > time.newest) {
        time.newest = t;
        const watermark = t - this.#options.allowedDisorderMs;
        if (time.closesBar(watermark)) {
          this.#take(feed, chunk, from, at);
          this.#at = at;
          this.#advance = { toMs: floorTo(t, SECOND_MS), watermark };
          return;
        }
      }
      if (t >= nextMinute) {
        this.#take(feed, chunk, from, at);
        from = at;
        feed.claim(floorTo(t, MINUTE_MS));
        nextMinute = closeAfter(t, MINUTE_MS);
      }
      if (t < time.lateBefore) {
        this.late += 1;
        if (t < time.dropBefore) this.dropped += 1;
      }
      if (t < feed.start && t >= time.dropBefore) this.#startAt(feed, t);
    }
    this.#take(feed, chunk, from, to);
    this.#run = undefined;
  }

  #take(feed: SymbolFeed, chunk: TradeRows, from: number, to: number): void {
    feed.add(chunk, from, to);
    this.rows += to - from;
  }

  /** Claims at most an hour more for every symbol, then tells the watermark that goes with it. */
  #step(goal: { readonly toMs: number; readonly watermark: number }): SourceChunk {
    const behind = this.#feeds.filter((feed) => feed.isBehind(goal.toMs));
    const least = behind.reduce((ms, feed) => Math.min(ms, feed.claimed), goal.toMs);
    const toMs = Math.min(goal.toMs, least + STEP_MS);
    for (const feed of this.#feeds) feed.claim(toMs);
    if (toMs < goal.toMs) return this.#chunk(this.#time.tell(Math.min(toMs, goal.watermark)));
    this.#advance = undefined;
    return this.#chunk(this.#time.tell(goal.watermark));
  }

  #finish(): SourceChunk | undefined {
    if (this.#phase === 'end') return undefined;
    const started = this.#feeds.filter((feed) => feed.hasStarted);
    for (const feed of started) this.#end(feed);
    const toMs = started.reduce((ms, feed) => Math.max(ms, feed.until), 0);
    if (started.some((feed) => feed.isBehind(toMs))) {
      this.#advance = {
        toMs,
        watermark: Math.max(this.#time.watermark, toMs - this.#options.allowedDisorderMs),
      };
      return this.#step(this.#advance);
    }
    for (const feed of this.#feeds) feed.claim(toMs);
    this.#phase = 'end';
    return this.#chunk(Number.POSITIVE_INFINITY);
  }

  #chunk(watermarkMs: number): SourceChunk {
    const messages = this.#out;
    this.#out = [];
    return { messages, watermarkMs };
  }
}
