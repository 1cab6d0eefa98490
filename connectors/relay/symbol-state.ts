/** What the relay knows of one symbol: buffered trades, book, ticker, counts; and the snapshot made of it. */
import { type BookSnapshot, DEPTH_BANDS_BPS } from '../../schemas/book-snapshot.ts';
import { streamKey, type Venue } from '../../schemas/primitives.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { BookEvent, TickerChange } from '../exchanges/market-event.ts';
import { type BookFault, OrderBook } from '../exchanges/order-book.ts';

type Ticker = { -readonly [K in keyof TickerChange]-?: number | null };

const NO_TICKER: Ticker = { fundingRate: null, nextFundingTime: null, markPrice: null, openInterest: null };
/** Seconds the trade rate is averaged over. */
const RATE_SECONDS = 10;
/** How long after a second's end the book still counts as that second's. Unit: market ms. */
const STILL_THE_BOOK_MS = 2_000;

export class SymbolState {
  readonly venue: Venue;
  readonly symbol: string;
  /** Received and not yet handed to the bus. */
  pending: TradeRow[] = [];
  publishedTrades = 0;
  /** When it began to count them. Unit: market ms. */
  readonly since: number;
  last: TradeRow | null = null;
  /** Between the newest trade's match and its arrival. Unit: market ms. */
  lagMs: number | null = null;
  readonly #book = new OrderBook();
  #ticker: Ticker = { ...NO_TICKER };
  #outOfSyncSince: number;
  #received = 0;
  readonly #receivedBySecond: number[] = [];

  constructor(venue: Venue, symbol: string, now: number) {
    this.venue = venue;
    this.symbol = symbol;
    this.since = now;
    this.#outOfSyncSince = now;
  }

  /** What a reader of the snapshots must have to miss no trade: also those that wait for the bus. */
  get received(): number {
    return this.publishedTrades + this.pending.length;
  }

  addTrades(trades: readonly TradeRow[], now: number): void {
    for (const trade of trades) {
      this.pending.push(trade);
      if (!this.last || isAfter(trade, this.last)) this.last = trade;
    }
    this.#received += trades.length;
    const newest = trades.at(-1);
    if (newest) this.lagMs = now - newest.ts;
  }

  /** Returns the fault by which the book fell out of sync just now, or null. */
  applyBook(event: BookEvent, now: number): BookFault | null {
    const wasInSync = this.#book.isInSync;
    const fault = this.#book.apply(event);
    if (wasInSync && fault) this.#outOfSyncSince = now;
    return wasInSync ? fault : null;
  }

  get isBookInSync(): boolean {
    return this.#book.isInSync;
  }

  applyTicker(isSnapshot: boolean, change: TickerChange): void {
    this.#ticker = { ...(isSnapshot ? NO_TICKER : this.#ticker), ...change };
  }

  /** The connection is gone: the book is of the past; funding and the last trade remain what is known. */
  disconnect(now: number): void {
    if (this.#book.isInSync) this.#outOfSyncSince = now;
    this.#book.clear();
  }

  /**
   * Of a second that has passed. Where that is a while ago (the process or the bus stood still), the book is not
   * told: it is the present's, not that second's.
   */
  snapshot(second: number, connected: boolean, now: number): BookSnapshot {
    const end = second + 1_000;
    const top = now - end < STILL_THE_BOOK_MS ? this.#book.top() : null;
    const depth = top ? this.#book.depth(top, DEPTH_BANDS_BPS) : null;
    return {
      id: `${streamKey(this.venue, this.symbol)}:${second}`,
      venue: this.venue,
      symbol: this.symbol,
      ts: second,
      bestBid: top?.bestBid ?? null,
      bestAsk: top?.bestAsk ?? null,
      bidDepth: bands(depth?.bids),
      askDepth: bands(depth?.asks),
      lastPrice: this.last?.price ?? null,
      lastTradeTs: this.last?.ts ?? null,
      lastTradeSeq: this.last?.seq ?? null,
      ...this.#ticker,
      connected,
      lastTradeAgeMs: this.last ? Math.max(0, end - this.last.ts) : null,
      desyncMs: this.#book.isInSync ? 0 : Math.max(0, end - this.#outOfSyncSince),
      publishedTrades: this.publishedTrades,
    };
  }

  /** Once a second: what `rate` looks back on. */
  markSecond(): void {
    this.#receivedBySecond.push(this.#received);
    if (this.#receivedBySecond.length > RATE_SECONDS + 1) this.#receivedBySecond.shift();
  }

  /** Trades per second over the last ten. */
  get rate(): number {
    const marks = this.#receivedBySecond;
    return marks.length < 2 ? 0 : (marks.at(-1)! - marks[0]!) / (marks.length - 1);
  }
}

function isAfter(a: TradeRow, b: TradeRow): boolean {
  return a.ts > b.ts || (a.ts === b.ts && a.seq >= b.seq);
}

/** Sums of decimal sizes carry rounding noise; sizes have at most 8 places. */
function bands(depths: readonly number[] | undefined): BookSnapshot['bidDepth'] {
  const [bps5, bps10, bps25, bps50] = (depths ?? [0, 0, 0, 0]).map((sum) => Number(sum.toFixed(8)));
  return { bps5: bps5!, bps10: bps10!, bps25: bps25!, bps50: bps50! };
}
