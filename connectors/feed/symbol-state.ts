/** What is known of one symbol's market: trades to be published, ticker, counts; and the snapshot made of it. */
import { type BookSnapshot, DEPTH_BANDS_BPS } from '../../schemas/book-snapshot.ts';
import { streamKey, type Venue } from '../../schemas/primitives.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { TickerChange } from '../exchanges/market-event.ts';
import type { Sending } from './messages.ts';
import { RecentTrades } from './recent-trades.ts';
import type { SymbolBooks } from './symbol-books.ts';
import { compareTrades } from './trade-order.ts';

const TOLD_FIELDS = ['fundingRate', 'nextFundingTime', 'markPrice', 'openInterest'] as const;
type Ticker = Record<(typeof TOLD_FIELDS)[number], number | null>;

const NO_TICKER: Ticker = { fundingRate: null, nextFundingTime: null, markPrice: null, openInterest: null };
/** Seconds the trade rate is averaged over. */
const RATE_SECONDS = 10;
/** How long after a second's end the book still counts as that second's. Unit: market ms. */
const STILL_THE_BOOK_MS = 2_000;

export class SymbolState {
  readonly venue: Venue;
  readonly symbol: string;
  readonly known = new RecentTrades();
  /** Taken and not yet put into a message. */
  pending: TradeRow[] = [];
  publishedTrades = 0;
  /** When it began to count them. Unit: market ms. */
  readonly since: number;
  last: TradeRow | null = null;
  /** Newest trade from before it began: not told, but the price that a quiet market had. */
  before: TradeRow | null = null;
  /** Between the newest trade's match and its arrival. Unit: market ms. */
  lagMs: number | null = null;
  duplicates = 0;
  #ticker: Ticker = { ...NO_TICKER };
  #received = 0;
  readonly #receivedBySecond: number[] = [];

  constructor(venue: Venue, symbol: string, since: number) {
    this.venue = venue;
    this.symbol = symbol;
    this.since = since;
  }

  /** What a reader of the snapshots must have to miss no trade: also those that wait for their batch. */
  get received(): number {
    return this.publishedTrades + this.pending.length;
  }

  /** A trade that a reader may begin with who knows all that was published of the time until `ms`. */
  knownAt(ms: number): TradeRow | null {
    return this.last && this.last.ts >= ms ? (this.before ?? this.last) : this.last;
  }

  /** Where the next message of trades stands. @param sentAt Market ms. */
  sending(sentAt: number): Sending {
    return { last: this.last, since: this.since, from: this.publishedTrades, sentAt };
  }

  /** Takes a trade once, whoever brings it; false where it is known. */
  add(trade: TradeRow): boolean {
    if (!this.known.add(trade.tradeId, trade.ts)) {
      this.duplicates++;
      return false;
    }
    this.pending.push(trade);
    this.#received++;
    if (this.last === null || compareTrades(trade, this.last) >= 0) this.last = trade;
    return true;
  }

  /** `isSnapshot`: what it does not tell is not known; an absent field of a delta did not change. */
  applyTicker(isSnapshot: boolean, change: TickerChange): void {
    for (const field of TOLD_FIELDS) {
      const told = change[field];
      if (told !== undefined) this.#ticker[field] = told;
      else if (isSnapshot) this.#ticker[field] = null;
    }
  }

  /**
   * Of a second that has passed. Where that is a while ago (the process stood still), the book is not told: it is the
   * present's, not that second's.
   */
  snapshot(second: number, connected: boolean, now: number, books: SymbolBooks): BookSnapshot {
    const end = second + 1_000;
    const book = now - end < STILL_THE_BOOK_MS ? books.shownAt(end) : null;
    const top = book?.top() ?? null;
    const depth = book && top ? book.depth(top, DEPTH_BANDS_BPS) : null;
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
      desyncMs: books.outOfSyncMs(end),
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

/** Sums of decimal sizes carry rounding noise; sizes have at most 8 places. */
function bands(depths: readonly number[] | undefined): BookSnapshot['bidDepth'] {
  const [bps5, bps10, bps25, bps50] = (depths ?? [0, 0, 0, 0]).map((sum) => Number(sum.toFixed(8)));
  return { bps5: bps5!, bps10: bps10!, bps25: bps25!, bps50: bps50! };
}
