/** Seeded synthetic trades: the same rows for the same seed, symbol by symbol and step by step, in fixed event time. */
import type { Candle } from '../schemas/candle.ts';
import { INTERVAL_MS, type Interval } from '../schemas/primitives.ts';
import { newCandle } from '../transforms/candles/new-candle.ts';

/** First instant of every synthetic market: a whole day. Unit: ms since the epoch. */
export const START = Date.UTC(2024, 2, 1);
export const VENUE = 'bybit';

/** Trades a second of one symbol. */
export const DENSE = 200;
export const SPARSE = 80 / 60;

/** Price is a walk on a grid of 0.1 around this; sizes are multiples of 0.001. */
const BASE_TICKS = 300_000;

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The columns of `encodeTradeColumns`, reused from step to step. */
export interface Columns {
  count: number;
  readonly ts: Float64Array;
  readonly seq: Float64Array;
  readonly price: Float64Array;
  readonly size: Float64Array;
  readonly buy: Uint8Array;
}

export function newColumns(rows: number): Columns {
  const column = () => new Float64Array(rows);
  return {
    count: 0,
    ts: column(),
    seq: column(),
    price: column(),
    size: column(),
    buy: new Uint8Array(rows),
  };
}

export function symbolsOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `S${String(i).padStart(3, '0')}USDT`);
}

/** One symbol's endless trades in order of time. */
export class SymbolMarket {
  readonly symbol: string;
  /** Newest trade so far. */
  last: { ts: number; seq: number; price: number } | null = null;
  readonly #random: () => number;
  readonly #meanGapMs: number;
  #nextTs: number;
  #ticks = BASE_TICKS;
  #seq = 0;

  constructor(symbol: string, tradesPerSecond: number, seed: number, startMs = START) {
    this.symbol = symbol;
    this.#random = random(seed);
    this.#meanGapMs = 1_000 / tradesPerSecond;
    this.#nextTs = startMs;
  }

  /** Appends all trades before `untilMs`, as many as there is room for. True: that was all. */
  take(untilMs: number, into: Columns): boolean {
    while (this.#nextTs < untilMs) {
      if (into.count === into.ts.length) return false;
      const row = into.count++;
      this.#ticks = Math.max(1, this.#ticks + Math.floor(this.#random() * 7) - 3);
      into.ts[row] = Math.floor(this.#nextTs);
      into.seq[row] = ++this.#seq;
      into.price[row] = this.#ticks / 10;
      into.size[row] = Math.ceil(1_000 * this.#random() ** 3) / 1_000;
      into.buy[row] = this.#random() < 0.5 ? 1 : 0;
      this.#nextTs += this.#random() * 2 * this.#meanGapMs;
      this.last = { ts: into.ts[row]!, seq: this.#seq, price: into.price[row]! };
    }
    return true;
  }
}

/** Bars that each look-back of the graph needs, but the baseline of volatility. */
const WARM_BARS: Partial<Record<Interval, number>> = { '1m': 181, '15m': 121, '1h': 201 };

/** Closed candles up to START, so that a run begins with full windows, as a warm start does. */
export function warmCandles(symbols: readonly string[]): Candle[] {
  return symbols.flatMap((symbol, i) =>
    (Object.entries(WARM_BARS) as [Interval, number][]).flatMap(([interval, bars]) =>
      candlesBefore(START, symbol, interval, bars, random(7_000 + i)),
    ),
  );
}

/** `bars` closed candles of an interval, the last of which ends at `endMs`. */
export function candlesBefore(
  endMs: number,
  symbol: string,
  interval: Interval,
  bars: number,
  next: () => number,
): Candle[] {
  let ticks = BASE_TICKS;
  return Array.from({ length: bars }, (_, i) => {
    const open = ticks;
    ticks += Math.floor(next() * 401) - 200;
    const [high, low] = [Math.max(open, ticks) + Math.floor(next() * 50), Math.min(open, ticks) - 20];
    const volume = Math.ceil(next() * 1e5) / 1e3;
    return newCandle({
      venue: VENUE,
      symbol,
      interval,
      openTime: endMs - (bars - i) * INTERVAL_MS[interval],
      open: open / 10,
      high: high / 10,
      low: low / 10,
      close: ticks / 10,
      volume,
      turnover: (volume * open) / 10,
      buyVolume: null,
      trades: 100,
      coverage: 1,
      filled: false,
      complete: true,
      revision: 1_000_000,
    });
  });
}
