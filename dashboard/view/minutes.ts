/** The bars of one pair that are not closed yet: the minutes of the longest interval, as trades and closed bars tell them. */
import type { Candle } from '../../schemas/candle.ts';
import { floorTo, INTERVAL_MS, INTERVALS, type Interval, MINUTE_MS } from '../../schemas/primitives.ts';
import type { Forming, FormingBar } from '../api.ts';

interface Minute {
  readonly openTime: number;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  /** Known from its candle, which no trade changes. */
  readonly isClosed: boolean;
}

const LONGEST_MS = Math.max(...Object.values(INTERVAL_MS));

export class Minutes {
  readonly #pair: string;
  /** Those of one bar of the longest interval, so there are never many. */
  readonly #minutes = new Map<number, Minute>();
  /** Open time of the newest. */
  #newest = 0;
  #last: { readonly ts: number; readonly price: number } | null = null;

  constructor(pair: string) {
    this.#pair = pair;
  }

  /** Trades in the order of their arrival: which of a minute was the first, and of one before the newest the last, is known for good when it closes. */
  trade(ts: number, price: number, size: number): void {
    const openTime = floorTo(ts, MINUTE_MS);
    if (!this.#reach(openTime)) return;
    const isNewest = this.#last === null || ts >= this.#last.ts;
    if (isNewest) this.#last = { ts, price };
    const minute = this.#minutes.get(openTime);
    if (minute === undefined) {
      const prices = { open: price, high: price, low: price, close: price };
      this.#minutes.set(openTime, { openTime, ...prices, volume: size, isClosed: false });
    } else if (!minute.isClosed) {
      minute.high = Math.max(minute.high, price);
      minute.low = Math.min(minute.low, price);
      if (isNewest) minute.close = price;
      minute.volume += size;
    }
  }

  /** A closed minute. */
  closed({ openTime, open, high, low, close, volume }: Omit<FormingBar, 'interval'> | Candle): void {
    if (!this.#reach(openTime)) return;
    this.#minutes.set(openTime, { openTime, open, high, low, close, volume, isClosed: true });
    const ts = openTime + MINUTE_MS - 1;
    if (this.#last === null || ts > this.#last.ts) this.#last = { ts, price: close };
  }

  /** Of the newest trade; null before one is known. */
  get price(): number | null {
    return this.#last?.price ?? null;
  }

  /** Null before anything is known. */
  forming(): Forming | null {
    if (this.#last === null) return null;
    const bars = INTERVALS.flatMap((interval) => this.bar(interval) ?? []);
    return { pair: this.#pair, ts: this.#last.ts, price: this.#last.price, bars };
  }

  /** The bar of an interval that holds the newest minute; null where that has ended with it. */
  bar(interval: Interval): FormingBar | null {
    const length = INTERVAL_MS[interval];
    const openTime = floorTo(this.#newest, length);
    const newest = this.#minutes.get(this.#newest);
    const isOver = newest?.isClosed && this.#newest + MINUTE_MS === openTime + length;
    if (newest === undefined || isOver) return null;
    const minutes = [...this.#minutes.values()]
      .filter((minute) => minute.openTime >= openTime)
      .sort((a, b) => a.openTime - b.openTime);
    return {
      interval,
      openTime,
      open: minutes[0]!.open,
      close: minutes.at(-1)!.close,
      high: Math.max(...minutes.map(({ high }) => high)),
      low: Math.min(...minutes.map(({ low }) => low)),
      volume: minutes.reduce((sum, { volume }) => sum + volume, 0),
    };
  }

  /** Moves on to a minute. False: it is of a bar that is over. */
  #reach(openTime: number): boolean {
    const first = floorTo(this.#newest, LONGEST_MS);
    if (openTime < first) return false;
    if (openTime <= this.#newest) return true;
    this.#newest = openTime;
    const start = floorTo(openTime, LONGEST_MS);
    if (start > first) for (const old of this.#minutes.keys()) if (old < start) this.#minutes.delete(old);
    return true;
  }
}
