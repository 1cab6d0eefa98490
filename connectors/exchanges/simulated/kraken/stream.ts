/** One pair's live streams on Kraken: the market between two instants as frames, by subscription. */
import { MINUTE_MS } from '../../../../schemas/primitives.ts';
import { bookLevels } from '../book.ts';
import type { Kline } from '../klines.ts';
import type { Listing } from '../listing.ts';
import { crosses, frameOf, type TwinFrame } from '../venue.ts';
import { bookFrame, ohlcFrame, type Side, tradeFrame } from './frames.ts';
import { type Subscription, streamOf, subscriptionName } from './subscription.ts';
import type { KrakenTape, KrakenTrade } from './tape.ts';

/** Trades sent to a new subscriber, and bars. */
const SNAPSHOT_TRADES = 50;
const SNAPSHOT_BARS = 10;
/** A frame is a burst of fills no longer than this. Unit: market ms. */
const FRAME_SPAN_MS = 20;
/** Levels beyond the depth that are known to be there still, though nobody is told of them. */
const BEYOND = 10;

export interface Outlet {
  readonly wanted: ReadonlyMap<string, Subscription>;
  send(name: string, frame: TwinFrame): void;
}

interface Book {
  readonly bids: Side;
  readonly asks: Side;
}

/** From and to in the exchange's time, and what true time it is then. */
export interface Passage {
  readonly from: number;
  readonly to: number;
  readonly trueMs: number;
}

export class KrakenStream {
  readonly #listing: Listing;
  readonly #tape: KrakenTape;
  readonly #bookEveryMs: number;
  /** What subscribers were told last, by the subscription's name. */
  readonly #books = new Map<string, Book>();
  #passed: Passage;
  #lastTicks: number | null = null;

  constructor(listing: Listing, tape: KrakenTape, start: Passage, bookEveryMs: number) {
    this.#listing = listing;
    this.#tape = tape;
    this.#passed = start;
    this.#bookEveryMs = bookEveryMs;
  }

  /** Sends what happened in [end of the last call, `to`). */
  advance(to: number, trueMs: number, isClosed: boolean, out: Outlet): void {
    if (to <= this.#passed.to) return;
    const passage = { from: this.#passed.to, to, trueMs };
    this.#passed = passage;
    this.#lastTicks = null;
    const { symbol } = this.#listing.instrument;
    const isMine = Array.from(out.wanted.values()).some((each) => each.symbol === symbol);
    if (!isMine) {
      this.#books.clear();
      return;
    }
    this.#sendTrades(passage, out);
    if (!isClosed && crosses(passage.from, to, this.#bookEveryMs)) this.#sendBooks(out);
  }

  /** What a new subscriber gets first. */
  first(subscription: Subscription): TwinFrame | null {
    const { instrument } = this.#listing;
    const { to, trueMs } = this.#passed;
    const streams = [streamOf(subscription)];
    if (subscription.channel === 'book') return this.#bookSnapshot(subscription);
    if (subscription.channel === 'trade') {
      const trades = this.#tape.last(SNAPSHOT_TRADES, to, trueMs);
      return frameOf('snapshot', tradeFrame(instrument, 'snapshot', trades), streams);
    }
    const minute = Math.floor(to / MINUTE_MS);
    const bars = Array.from({ length: SNAPSHOT_BARS }, (_, i) => this.#bar(minute - SNAPSHOT_BARS + 1 + i));
    const traded = bars.filter(({ trades }) => trades > 0);
    return frameOf('snapshot', ohlcFrame(instrument, 'snapshot', traded, to), streams);
  }

  /** What was told is forgotten: the next frame of each book is a snapshot. */
  restart(): void {
    this.#books.clear();
  }

  /** Trades, and the bars they changed. */
  #sendTrades({ from, to, trueMs }: Passage, out: Outlet): void {
    const { instrument } = this.#listing;
    const { symbol } = instrument;
    const trades = this.#tape.trades(from, to, trueMs);
    if (trades.length === 0) return;
    for (const burst of bursts(trades)) {
      const text = tradeFrame(instrument, 'update', burst);
      out.send(`trade ${symbol}`, frameOf('data', text, [{ kind: 'trades', symbol }], burst.length));
    }
    if (!out.wanted.has(`ohlc ${symbol}`)) return;
    for (const minute of new Set(trades.map(({ ts }) => Math.floor(ts / MINUTE_MS)))) {
      const text = ohlcFrame(instrument, 'update', [this.#bar(minute)], to);
      out.send(`ohlc ${symbol}`, frameOf('data', text, [{ kind: 'kline', symbol }]));
    }
  }

  #bar(minute: number): Kline {
    return { openTime: minute * MINUTE_MS, ...this.#listing.bar(minute, this.#passed.to) };
  }

  #sendBooks(out: Outlet): void {
    for (const [name, told] of this.#books) {
      const subscription = out.wanted.get(name);
      if (subscription) this.#sendUpdate(name, subscription, told, out);
      else this.#books.delete(name);
    }
  }

  #sendUpdate(name: string, subscription: Subscription, told: Book, out: Outlet): void {
    const depth = subscription.depth ?? 0;
    const whole = this.#whole(depth);
    const now = cut(whole, depth);
    const bids = updates(told.bids, now.bids, whole.bids);
    const asks = updates(told.asks, now.asks, whole.asks);
    if (bids.length + asks.length === 0) return;
    this.#books.set(name, now);
    const text = bookFrame(this.#listing.instrument, 'update', this.#passed.to, { bids, asks }, now);
    out.send(name, frameOf('data', text, [streamOf(subscription)]));
  }

  #bookSnapshot(subscription: Subscription): TwinFrame {
    const depth = subscription.depth ?? 0;
    const name = subscriptionName(subscription);
    const book = this.#books.get(name) ?? cut(this.#whole(depth), depth);
    this.#books.set(name, book);
    const text = bookFrame(this.#listing.instrument, 'snapshot', this.#passed.to, book, book);
    return frameOf('snapshot', text, [streamOf(subscription)]);
  }

  #whole(depth: number): Book {
    this.#lastTicks ??= this.#listing.lastTicks(this.#passed.to);
    const levels = bookLevels(this.#listing.market, this.#passed.to, this.#lastTicks, depth + BEYOND);
    return { bids: [...levels.bids], asks: [...levels.asks] };
  }
}

function cut({ bids, asks }: Book, depth: number): Book {
  return { bids: bids.slice(0, depth), asks: asks.slice(0, depth) };
}

/**
 * What is told of a side: levels that are new or changed, and with no lots those that are gone. Of a level that others
 * pushed beyond the depth nothing is said, as on Kraken: who keeps the book cuts it there.
 */
function updates(before: Side, after: Side, whole: Side): Side {
  const [was, is, still] = [new Map(before), new Map(after), new Map(whole)];
  const gone = before.filter(([ticks]) => !still.has(ticks)).map(([ticks]) => [ticks, 0] as const);
  // A level beyond the depth whose size changed is told when it comes up again.
  return [...gone, ...Array.from(is).filter(([ticks, lots]) => was.get(ticks) !== lots)];
}

function* bursts(trades: readonly KrakenTrade[]): Generator<readonly KrakenTrade[]> {
  for (let start = 0; start < trades.length; ) {
    let end = start + 1;
    while (end < trades.length && trades[end]!.ts - trades[start]!.ts < FRAME_SPAN_MS) end++;
    yield trades.slice(start, end);
    start = end;
  }
}
