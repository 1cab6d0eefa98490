/** Recorded bars as the source of `raw-tick-data`: each bar enters when it closes. */
import type { CandleRow } from '../../connectors/files/rows.ts';
import { type Candle, closeTime } from '../../schemas/candle.ts';
import {
  closeAfter,
  floorTo,
  INTERVAL_MS,
  type Interval,
  MINUTE_MS,
  type Venue,
} from '../../schemas/primitives.ts';
import { newCandle } from '../../transforms/candles/new-candle.ts';
import type { SourceChunk, SourceMessage, SourceReader } from '../runners/embedded/edges.ts';
import { MarketTime, SECOND_MS, STEP_MS } from './market-time.ts';
import { Merge, type Run, type TimedRows } from './merge.ts';
import { type Outbox, SymbolFeed } from './symbol-feed.ts';

export interface CandleChunk extends TimedRows {
  readonly rows: readonly CandleRow[];
}

export interface CandleInput {
  readonly venue: Venue;
  readonly symbol: string;
  readonly rows: AsyncIterable<CandleChunk>;
}

export interface CandleReplayOptions {
  readonly interval: Interval;
  /** How long the graph waits for what is late; bars are final, so the replay does not. Unit: ms. */
  readonly allowedDisorderMs: number;
  readonly allowedLatenessMs: number;
}

/** Bars are final, so no disorder is allowed for: the watermark is the close of the newest bar. */
export class CandleReplay implements SourceReader, Outbox {
  rows = 0;
  late = 0;
  dropped = 0;
  readonly #inputs: readonly CandleInput[];
  readonly #interval: Interval;
  readonly #disorderMs: number;
  readonly #time: MarketTime;
  readonly #merge: Merge<CandleChunk>;
  readonly #feeds: SymbolFeed[];
  readonly #pending: Candle[][];
  #run: Run<CandleChunk> | undefined;
  #at = 0;
  #out: SourceMessage[] = [];
  /** Time that passed without a bar, to be vouched for step by step. */
  #silentUntil = Number.NEGATIVE_INFINITY;
  #phase: 'rows' | 'last bars' | 'end' = 'rows';

  constructor(inputs: readonly CandleInput[], options: CandleReplayOptions) {
    this.#inputs = inputs;
    this.#interval = options.interval;
    this.#time = new MarketTime(INTERVAL_MS[options.interval], options.allowedLatenessMs);
    this.#merge = new Merge(
      inputs.map((input) => input.rows),
      {
        onChunk: (input, { holes = [] }) => {
          for (const ts of holes)
            this.#feeds[input]!.leaveOut(floorTo(ts, MINUTE_MS), closeAfter(ts, MINUTE_MS));
        },
        onEnd: (input) => this.#end(input),
      },
    );
    this.#feeds = inputs.map(({ venue, symbol }) => new SymbolFeed(venue, symbol, this));
    this.#pending = inputs.map(() => []);
    this.#disorderMs = options.allowedDisorderMs;
  }

  push(message: SourceMessage): void {
    this.#out.push(message);
  }

  get sentAt(): number {
    return this.#time.watermark + this.#disorderMs;
  }

  read(): SourceChunk | undefined | Promise<SourceChunk | undefined> {
    for (;;) {
      if (this.#time.watermark < this.#silentUntil) return this.#passSilence();
      if (this.#phase !== 'rows') return this.#finish();
      if (this.#run) {
        const chunk = this.#takeBars(this.#run);
        if (chunk) return chunk;
        continue;
      }
      const next = this.#merge.next();
      if (next instanceof Promise) return next.then(() => this.read());
      if (!next) this.#phase = 'last bars';
      else {
        this.#run = next;
        this.#at = next.from;
      }
    }
  }

  close(): void {
    this.#merge.close();
    if (this.#phase === 'rows') this.#phase = 'last bars';
    this.#run = undefined;
  }

  /** Takes bars until the run ends, or one of them opens later than all before: those are handed over first. */
  #takeBars({ chunk, input, to }: Run<CandleChunk>): SourceChunk | undefined {
    const time = this.#time;
    const feed = this.#feeds[input]!;
    while (this.#at < to) {
      const open = chunk.ts[this.#at]!;
      if (open > time.newest) {
        const closed = this.#closeNewest();
        if (time.newest !== Number.NEGATIVE_INFINITY && this.#interval === '1m') this.#silentUntil = open;
        time.newest = open;
        if (closed) return closed;
      }
      if (!feed.hasStarted) feed.startAt(open);
      if (open < time.lateBefore) this.late += 1;
      if (open < time.dropBefore) this.dropped += 1;
      this.#pending[input]!.push(this.#candleOf(input, chunk.rows[this.#at]!));
      this.rows += 1;
      this.#at += 1;
    }
    this.#run = undefined;
    return undefined;
  }

  /** Hands over the bars of the newest moment. A symbol without one is vouched for: it did not trade. */
  #closeNewest(): SourceChunk | undefined {
    const { newest } = this.#time;
    if (newest === Number.NEGATIVE_INFINITY) return undefined;
    const end = newest + INTERVAL_MS[this.#interval];
    for (const [i, feed] of this.#feeds.entries()) {
      const bars = this.#pending[i]!;
      if (!feed.hasStarted) continue;
      if (this.#interval === '1m') feed.claim(bars.some((bar) => bar.openTime === newest) ? newest : end);
      feed.claimed = Math.max(feed.claimed, end);
      if (bars.length > 0) feed.sendBars(bars);
      this.#pending[i] = [];
    }
    return this.#chunk(this.#time.tell(end));
  }

  /** A recording ends with its newest bar, however long others go on. */
  #end(input: number): void {
    const feed = this.#feeds[input]!;
    const closes = this.#pending[input]!.map(closeTime);
    feed.until = Math.max(feed.newest + 1, ...closes);
  }

  #passSilence(): SourceChunk {
    const toMs = Math.min(this.#silentUntil, this.#time.watermark + STEP_MS);
    for (const feed of this.#feeds) if (feed.hasStarted) feed.claim(toMs);
    return this.#chunk(this.#time.tell(toMs));
  }

  #finish(): SourceChunk | undefined {
    if (this.#phase === 'end') return undefined;
    this.#phase = 'end';
    const { messages } = this.#closeNewest() ?? this.#chunk(0);
    return { messages, watermarkMs: Number.POSITIVE_INFINITY };
  }

  #chunk(watermarkMs: number): SourceChunk {
    const messages = this.#out;
    this.#out = [];
    return { messages, watermarkMs };
  }

  #candleOf(input: number, row: CandleRow): Candle {
    const { venue, symbol } = this.#inputs[input]!;
    return fileCandle(row, venue, symbol, this.#interval);
  }
}

/** A recorded bar is complete; its facts are its trades, where known, and its seconds. */
function fileCandle(row: CandleRow, venue: Venue, symbol: string, interval: Interval): Candle {
  const { openTime, open, high, low, close, volume } = row;
  const filled = volume === 0 && high === low && open === close;
  const trades = filled ? 0 : row.trades;
  return newCandle({
    venue,
    symbol,
    interval,
    openTime,
    open,
    high,
    low,
    close,
    volume,
    trades,
    filled,
    turnover: filled ? 0 : row.turnover,
    buyVolume: filled ? 0 : null,
    coverage: 1,
    complete: true,
    revision: (trades ?? 0) + INTERVAL_MS[interval] / SECOND_MS,
  });
}
