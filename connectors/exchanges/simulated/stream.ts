/** One symbol's live stream: the market between two instants as frames, by topic. */
import { type BookLevels, bookLevels, changes } from './book.ts';
import { bookFrame, tickerFrame, tradeFrame } from './frames.ts';
import type { Fill, SymbolMarket } from './market.ts';
import { changedFields, tickerFields } from './ticker.ts';

/** Market ms between two pushes of the ticker. */
const TICKER_EVERY_MS = 1_000;
/** A frame is a burst of fills no longer than this. Unit: market ms. */
const FRAME_SPAN_MS = 20;

export type Send = (topic: string, frame: string) => void;

/** Holds what subscribers were told last, so that deltas follow on snapshots without a hole. */
export class SymbolStream {
  readonly #market: SymbolMarket;
  readonly #bookEveryMs: number;
  #at: number;
  #lastTicks: number;
  #book: BookLevels;
  #update = 1;
  #ticker: Record<string, string>;

  constructor(market: SymbolMarket, ms: number, bookEveryMs: number) {
    this.#market = market;
    this.#bookEveryMs = bookEveryMs;
    this.#at = ms;
    this.#lastTicks = market.lastTicks(ms);
    this.#book = bookLevels(market, ms, this.#lastTicks);
    this.#ticker = tickerFields(market, ms, this.#lastTicks);
  }

  /** Sends what happened in [time of the last call, ms). */
  advance(ms: number, send: Send): void {
    if (ms <= this.#at) return;
    const from = this.#at;
    this.#at = ms;
    this.#sendTrades(this.#market.fills(from, ms), send);
    if (crosses(from, ms, this.#bookEveryMs)) this.#sendBook(ms, send);
    if (crosses(from, ms, TICKER_EVERY_MS)) this.#sendTicker(ms, send);
  }

  /** What a new subscriber of the topic gets first; nothing for trades. */
  snapshot(topic: string): string | null {
    const { instrument } = this.#market;
    if (topic.startsWith('orderbook.')) {
      return bookFrame(instrument, 'snapshot', this.#at, this.#update, this.#book);
    }
    return topic.startsWith('tickers.')
      ? tickerFrame(instrument.symbol, 'snapshot', this.#at, this.#ticker)
      : null;
  }

  #sendTrades(fills: readonly Fill[], send: Send): void {
    const { instrument } = this.#market;
    for (let start = 0; start < fills.length; ) {
      let end = start + 1;
      while (end < fills.length && fills[end]!.ts - fills[start]!.ts < FRAME_SPAN_MS) end++;
      send(`publicTrade.${instrument.symbol}`, tradeFrame(instrument, fills.slice(start, end)));
      start = end;
    }
    const last = fills.at(-1);
    if (last) this.#lastTicks = last.ticks;
  }

  #sendBook(ms: number, send: Send): void {
    const book = bookLevels(this.#market, ms, this.#lastTicks);
    const delta = {
      bids: changes(this.#book.bids, book.bids),
      asks: changes(this.#book.asks, book.asks),
    };
    this.#book = book;
    if (delta.bids.length + delta.asks.length === 0) return;
    this.#update++;
    const { instrument } = this.#market;
    send(`orderbook.50.${instrument.symbol}`, bookFrame(instrument, 'delta', ms, this.#update, delta));
  }

  #sendTicker(ms: number, send: Send): void {
    const fields = tickerFields(this.#market, ms, this.#lastTicks);
    const changed = changedFields(this.#ticker, fields);
    this.#ticker = fields;
    const { symbol } = this.#market.instrument;
    if (Object.keys(changed).length > 0) send(`tickers.${symbol}`, tickerFrame(symbol, 'delta', ms, changed));
  }
}

/** True where a multiple of `step` lies in (from, to]. */
function crosses(from: number, to: number, step: number): boolean {
  return Math.floor(from / step) < Math.floor(to / step);
}
