/** One symbol's live streams on Bybit: the market between two instants as frames, by topic. */
import { MINUTE_MS } from '../../../../schemas/primitives.ts';
import { hash32 } from '../../../random.ts';
import { type BookLevels, bookLevels, changes } from '../book.ts';
import { bookFrame, klineFrame, tickerFrame, tradeFrame } from '../frames.ts';
import type { Listing } from '../listing.ts';
import type { Fill } from '../market.ts';
import { crosses, frameOf, type TwinFrame } from '../venue.ts';
import { type KlineOpen, withOpen } from './kline-open.ts';
import { changedFields, tickerFields } from './ticker.ts';

const BOOK_DEPTHS = [50, 200, 1000] as const;
type BookDepth = (typeof BOOK_DEPTHS)[number];

/** Market ms between two pushes of the ticker, and of a bar. */
const TICKER_EVERY_MS = 1_000;
const KLINE_EVERY_MS = 1_000;
/** A frame is a burst of fills no longer than this. Unit: market ms. */
const FRAME_SPAN_MS = 20;

export interface Outlet {
  wants(topic: string): boolean;
  send(topic: string, frame: TwinFrame): void;
}

export interface StreamOptions {
  /** How often a book may change. Unit: market ms. */
  readonly bookEveryMs: number;
  readonly klineOpen: KlineOpen;
}

/** What subscribers were told last, so that deltas follow on a snapshot without a hole. */
interface Told {
  readonly levels: BookLevels;
  readonly update: number;
}

export class BybitStream {
  readonly #listing: Listing;
  readonly #options: StreamOptions;
  readonly #symbol: string;
  readonly #klinePhase: number;
  #at: number;
  #lastTicks: number | null = null;
  readonly #books = new Map<BookDepth, Told>();
  readonly #updates = new Map<BookDepth, number>();
  #ticker: Record<string, string> | null = null;
  #kline = { minute: -1, lots: -1 };

  constructor(listing: Listing, ms: number, options: StreamOptions) {
    this.#listing = listing;
    this.#options = options;
    this.#symbol = listing.instrument.symbol;
    this.#klinePhase = 100 + (hash32(listing.market.seed, 'kline') % 400);
    this.#at = ms;
  }

  /** Sends what happened in [time of the last call, ms), the exchange's time. */
  advance(ms: number, isClosed: boolean, out: Outlet): void {
    if (ms <= this.#at) return;
    const from = this.#at;
    this.#at = ms;
    this.#sendTrades(from, ms, out);
    if (isClosed) return;
    if (crosses(from, ms, this.#options.bookEveryMs)) this.#sendBooks(ms, out);
    if (crosses(from, ms, TICKER_EVERY_MS)) this.#sendTicker(ms, out);
    if (crosses(from, ms, KLINE_EVERY_MS, this.#klinePhase)) this.#sendKline(ms, out);
  }

  /** What a new subscriber of the topic gets first; nothing for trades. */
  first(topic: string): TwinFrame | null {
    const depth = BOOK_DEPTHS.find((depth) => topic === `orderbook.${depth}.${this.#symbol}`);
    if (depth !== undefined) return this.#bookSnapshot(depth);
    if (topic.startsWith('tickers.')) return this.#tickerSnapshot();
    return topic.startsWith('kline.') ? this.#klineFrame(Math.floor(this.#at / MINUTE_MS), this.#at) : null;
  }

  /** Books begin anew: their next snapshot is update 1, as Bybit's after a restart. */
  restart(): void {
    this.#books.clear();
    this.#updates.clear();
  }

  #sendTrades(from: number, ms: number, out: Outlet): void {
    const topic = `publicTrade.${this.#symbol}`;
    // The last price is only asked for where there is someone to tell.
    if (!out.wants(topic)) {
      this.#lastTicks = null;
      return;
    }
    const fills = this.#listing.fills(from, ms);
    for (const burst of bursts(fills)) {
      const text = tradeFrame(this.#listing.instrument, burst);
      const stream = { kind: 'trades', symbol: this.#symbol } as const;
      out.send(topic, frameOf('data', text, [stream], burst.length));
    }
    const last = fills.at(-1);
    if (last) this.#lastTicks = last.ticks;
  }

  #sendBooks(ms: number, out: Outlet): void {
    for (const [depth, told] of this.#books) {
      const topic = `orderbook.${depth}.${this.#symbol}`;
      if (!out.wants(topic)) this.#books.delete(depth);
      else this.#sendDelta(topic, depth, told, ms, out);
    }
  }

  #sendDelta(topic: string, depth: BookDepth, told: Told, ms: number, out: Outlet): void {
    const levels = bookLevels(this.#listing.market, ms, this.#last(), depth);
    const delta = {
      bids: changes(told.levels.bids, levels.bids),
      asks: changes(told.levels.asks, levels.asks),
    };
    if (delta.bids.length + delta.asks.length === 0) return;
    const update = this.#tell(depth, levels);
    const { instrument } = this.#listing;
    const text = bookFrame(instrument, 'delta', ms, update, depth, delta);
    out.send(topic, frameOf('data', text, [{ kind: 'book', symbol: this.#symbol }]));
  }

  #bookSnapshot(depth: BookDepth): TwinFrame {
    const told = this.#books.get(depth);
    const levels = told?.levels ?? bookLevels(this.#listing.market, this.#at, this.#last(), depth);
    const update = told?.update ?? this.#tell(depth, levels);
    const text = bookFrame(this.#listing.instrument, 'snapshot', this.#at, update, depth, levels);
    return frameOf('snapshot', text, [{ kind: 'book', symbol: this.#symbol }]);
  }

  #tell(depth: BookDepth, levels: BookLevels): number {
    const update = (this.#updates.get(depth) ?? 0) + 1;
    this.#updates.set(depth, update);
    this.#books.set(depth, { levels, update });
    return update;
  }

  #sendTicker(ms: number, out: Outlet): void {
    const topic = `tickers.${this.#symbol}`;
    const before = this.#ticker;
    this.#ticker = before && out.wants(topic) ? tickerFields(this.#listing, ms, this.#last()) : null;
    if (!before || !this.#ticker) return;
    const changed = changedFields(before, this.#ticker);
    if (Object.keys(changed).length > 0) out.send(topic, this.#tickerFrame('delta', ms, changed));
  }

  #tickerSnapshot(): TwinFrame {
    this.#ticker ??= tickerFields(this.#listing, this.#at, this.#last());
    return this.#tickerFrame('snapshot', this.#at, this.#ticker);
  }

  #tickerFrame(type: 'snapshot' | 'delta', ms: number, fields: Readonly<Record<string, string>>): TwinFrame {
    const text = tickerFrame(this.#symbol, type, ms, fields);
    const kind = type === 'snapshot' ? 'snapshot' : 'data';
    return frameOf(kind, text, [{ kind: 'ticker', symbol: this.#symbol }]);
  }

  /** The bars that were over since the last push, and the running one where it changed. */
  #sendKline(ms: number, out: Outlet): void {
    const topic = `kline.1.${this.#symbol}`;
    const minute = Math.floor(ms / MINUTE_MS);
    const last = this.#kline;
    this.#kline = { minute: out.wants(topic) ? minute : -1, lots: -1 };
    if (!out.wants(topic)) return;
    const { lots } = this.#listing.bar(minute, ms);
    this.#kline.lots = lots;
    if (minute === last.minute && lots === last.lots) return;
    out.send(topic, this.#klineFrame(last.minute < 0 ? minute : last.minute, ms));
  }

  #klineFrame(firstMinute: number, ms: number): TwinFrame {
    const last = Math.floor(ms / MINUTE_MS);
    const bars = Array.from({ length: last - firstMinute + 1 }, (_, i) => {
      const openTime = (firstMinute + i) * MINUTE_MS;
      return withOpen(this.#options.klineOpen, this.#listing, {
        openTime,
        ...this.#listing.bar(firstMinute + i, ms),
      });
    });
    const text = klineFrame(this.#listing.instrument, bars, ms);
    return frameOf('data', text, [{ kind: 'kline', symbol: this.#symbol }]);
  }

  /** Ticks of the last trade. */
  #last(): number {
    this.#lastTicks ??= this.#listing.lastTicks(this.#at);
    return this.#lastTicks;
  }
}

function* bursts(fills: readonly Fill[]): Generator<readonly Fill[]> {
  for (let start = 0; start < fills.length; ) {
    let end = start + 1;
    while (end < fills.length && fills[end]!.ts - fills[start]!.ts < FRAME_SPAN_MS) end++;
    yield fills.slice(start, end);
    start = end;
  }
}
