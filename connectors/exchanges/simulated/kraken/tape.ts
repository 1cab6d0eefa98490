/** Trades of one Kraken pair with their ids, which count up by one without a hole, and their finer times. */
import { DAY_MS, MINUTE_MS } from '../../../../schemas/primitives.ts';
import { hash32 } from '../../../random.ts';
import type { Listing } from '../listing.ts';
import type { Fill } from '../market.ts';

export interface KrakenTrade extends Fill {
  readonly tradeId: number;
  /** Time of the match. Unit: ns since the epoch; no two are equal. */
  readonly ns: bigint;
}

const FIRST_ID = 10_000_001;
const DAY_MINUTES = DAY_MS / MINUTE_MS;

/** Knows trades from the day before its beginning on. Times are the exchange's. */
export class KrakenTape {
  readonly #listing: Listing;
  readonly #firstMinute: number;
  /** Id of the first trade of each minute of true time from the first on. */
  readonly #firstIds: number[] = [FIRST_ID];
  /** A stream asks for one minute many times. */
  #recent: { readonly fills: readonly Fill[] | null; readonly trades: readonly KrakenTrade[] } = {
    fills: null,
    trades: [],
  };

  constructor(listing: Listing, startMs: number) {
    this.#listing = listing;
    this.#firstMinute = (Math.floor(startMs / DAY_MS) - 1) * DAY_MINUTES;
  }

  /** Trades stamped in [fromMs, toMs) that are over at true time `trueMs`, oldest first. */
  trades(fromMs: number, toMs: number, trueMs: number): KrakenTrade[] {
    return this.#walk(
      this.#listing.trueMinuteOf(fromMs),
      trueMs,
      (trade) => trade.ts >= fromMs && trade.ts < toMs,
    );
  }

  /** At most `limit` after `ns` and stamped before `toMs`, oldest first. */
  since(ns: bigint, limit: number, toMs: number, trueMs: number): KrakenTrade[] {
    const from = this.#listing.trueMinuteOf(Number(ns / 1_000_000n));
    return this.#walk(from, trueMs, (trade) => trade.ns > ns && trade.ts < toMs, limit);
  }

  /** The last `count` before `toMs`, oldest first. */
  last(count: number, toMs: number, trueMs: number): KrakenTrade[] {
    let found: KrakenTrade[] = [];
    for (let minute = Math.floor(trueMs / MINUTE_MS); minute >= this.#firstMinute; minute--) {
      found = [...this.#minute(minute).filter(({ ts }) => ts < toMs), ...found];
      if (found.length >= count) break;
    }
    return found.slice(-count);
  }

  #walk(
    fromMinute: number,
    trueMs: number,
    isWanted: (trade: KrakenTrade) => boolean,
    limit = Number.POSITIVE_INFINITY,
  ): KrakenTrade[] {
    const found: KrakenTrade[] = [];
    const first = Math.max(this.#firstMinute, fromMinute);
    for (let minute = first; minute * MINUTE_MS <= trueMs && found.length < limit; minute++) {
      for (const trade of this.#minute(minute))
        if (isWanted(trade) && found.length < limit) found.push(trade);
    }
    return found;
  }

  #minute(minute: number): readonly KrakenTrade[] {
    const fills = this.#listing.trueMinute(minute);
    if (this.#recent.fills !== fills)
      this.#recent = { fills, trades: this.#numbered(fills, this.#firstId(minute)) };
    return this.#recent.trades;
  }

  #numbered(fills: readonly Fill[], firstId: number): KrakenTrade[] {
    const { seed } = this.#listing.market;
    let inMs = 0;
    return fills.map((fill, i) => {
      inMs = fills[i - 1]?.ts === fill.ts ? inMs + 1 : 0;
      // Far from both ends of the ms, so that no rounding of a float can leave it.
      const micros = 100 + (hash32(seed, 'micros', fill.ts) % 800);
      const ns = BigInt(fill.ts) * 1_000_000n + BigInt(micros * 1_000 + inMs);
      return { ...fill, tradeId: firstId + i, ns };
    });
  }

  /** Minutes before are over, or were when they were counted: what closes later does not change them. */
  #firstId(minute: number): number {
    const at = minute - this.#firstMinute;
    while (this.#firstIds.length <= at) {
      const counted = this.#firstMinute + this.#firstIds.length - 1;
      this.#firstIds.push(this.#firstIds.at(-1)! + this.#listing.count(counted));
    }
    return this.#firstIds[at]!;
  }
}
