/** A seeded day of two symbols: what the relay would publish, second by second, and what the exchange knew before. */
import type { OutgoingMessage } from '../../connectors/bus/port.ts';
import { SimulatedMarket } from '../../connectors/exchanges/simulated/market.ts';
import { snapshotMessage, tradeMessage } from '../../connectors/feed/messages.ts';
import { simulatedBars, simulatedTrades } from '../../pipelines/simulated.fixture.ts';
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { Candle } from '../../schemas/candle.ts';
import { DAY_MS, HOUR_MS, INTERVALS } from '../../schemas/primitives.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';

export const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
export const START = Date.UTC(2026, 2, 1);
/** When the relay began. */
export const FEED_START = START - HOUR_MS / 2;
export const market = new SimulatedMarket(1);
/** What the warm start looks back on, and some. */
const BEFORE_MS = 24 * DAY_MS;
const SECOND = 1_000;

export interface Second {
  readonly endMs: number;
  readonly trades: readonly OutgoingMessage[];
  readonly books: readonly OutgoingMessage[];
}

/** Closed candles of the days before the feed. */
export async function candlesBefore(): Promise<Candle[]> {
  const all: Candle[] = [];
  for (const symbol of SYMBOLS) {
    for (const interval of INTERVALS) {
      const fromMs = interval === '1m' ? START - DAY_MS : START - BEFORE_MS;
      all.push(...(await simulatedBars(market.of(symbol), interval, fromMs, FEED_START)));
    }
  }
  return all;
}

/** What the relay publishes up to `toMs`, in seconds. */
export function secondsOfDay(toMs: number): Second[] {
  const feeds = SYMBOLS.map((symbol) => new Feed(symbol, toMs));
  const seconds: Second[] = [];
  for (let endMs = FEED_START + SECOND; endMs <= toMs; endMs += SECOND) {
    const parts = feeds.map((feed) => feed.second(endMs));
    seconds.push({
      endMs,
      trades: parts.flatMap(({ trades }) => trades),
      books: parts.map(({ book }) => book),
    });
  }
  return seconds;
}

class Feed {
  readonly #symbol: string;
  readonly #trades: readonly TradeRow[];
  #next = 0;
  #last: TradeRow | null = null;

  constructor(symbol: string, toMs: number) {
    this.#symbol = symbol;
    this.#trades = simulatedTrades(market.of(symbol), FEED_START, toMs);
  }

  second(endMs: number): { trades: OutgoingMessage[]; book: OutgoingMessage } {
    const from = this.#next;
    while (this.#next < this.#trades.length && this.#trades[this.#next]!.ts < endMs) this.#next += 1;
    const rows = this.#trades.slice(from, this.#next);
    this.#last = rows.at(-1) ?? this.#last;
    const since = FEED_START;
    const trades =
      rows.length > 0
        ? [tradeMessage('bybit', this.#symbol, rows, { last: this.#last, since, from, sentAt: endMs })]
        : [];
    return { trades, book: snapshotMessage(this.#snapshot(endMs), { since, received: this.#next }) };
  }

  #snapshot(endMs: number): BookSnapshot {
    const last = this.#last;
    const depth = (side: number) => {
      const bps25 = 5 + 4 * Math.sin(endMs / 47_000 + side * 2);
      return { bps5: bps25 / 4, bps10: bps25 / 2, bps25, bps50: 2 * bps25 };
    };
    return {
      id: `bybit:${this.#symbol}:${endMs - SECOND}`,
      venue: 'bybit',
      symbol: this.#symbol,
      ts: endMs - SECOND,
      bestBid: last?.price ?? null,
      bestAsk: last?.price ?? null,
      bidDepth: depth(0),
      askDepth: depth(1),
      lastPrice: last?.price ?? null,
      lastTradeTs: last?.ts ?? null,
      lastTradeSeq: last?.seq ?? null,
      fundingRate: null,
      nextFundingTime: null,
      markPrice: null,
      openInterest: null,
      connected: true,
      lastTradeAgeMs: last ? endMs - last.ts : null,
      desyncMs: 0,
      publishedTrades: this.#next,
    };
  }
}
