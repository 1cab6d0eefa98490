/** Quotes for a history without books: one at the close of each 1m bar, made of the bar and of what is assumed. */
import type { Funding } from '../../connectors/files/funding.ts';
import type { BacktestAssumptions } from '../../schemas/backtest-assumptions.ts';
import { type BookSnapshot, DEPTH_BANDS_BPS } from '../../schemas/book-snapshot.ts';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import { streamKey } from '../../schemas/primitives.ts';

/** Prices are told without the noise of binary. */
const PRICE_DIGITS = 12;
/** Depth is assumed for so many bps, and grows evenly from mid. */
const DEPTH_UNIT_BPS = DEPTH_BANDS_BPS[0];

export class Quotes {
  readonly #assumptions: BacktestAssumptions;
  readonly #fundings: ReadonlyMap<string, readonly Funding[]>;
  /** By symbol: when it last traded. */
  readonly #traded = new Map<string, number>();

  /** @param fundings By symbol, each by time; rates of others are not known. */
  constructor(assumptions: BacktestAssumptions, fundings: ReadonlyMap<string, readonly Funding[]>) {
    this.#assumptions = assumptions;
    this.#fundings = fundings;
  }

  /** @param row Of bars in order of time. */
  atClose({ venue, symbol, closeTime: ts, close, volume, volumeEma20, coverage }: FeatureRow): BookSnapshot {
    const { assumedSpread, lastTradeBeforeCloseMs } = this.#assumptions;
    if (volume > 0) this.#traded.set(symbol, ts - lastTradeBeforeCloseMs);
    const lastTradeTs = this.#traded.get(symbol) ?? null;
    const funding = this.#nextFunding(symbol, ts);
    const depth = this.#depth(volumeEma20 ?? 0);
    return {
      id: `${streamKey(venue, symbol)}:${ts}`,
      venue,
      symbol,
      ts,
      bestBid: roundedPrice(close * (1 - assumedSpread / 2)),
      bestAsk: roundedPrice(close * (1 + assumedSpread / 2)),
      bidDepth: depth,
      askDepth: depth,
      lastPrice: close,
      lastTradeTs,
      lastTradeSeq: null,
      fundingRate: funding?.rate ?? null,
      nextFundingTime: funding?.ts ?? null,
      markPrice: null,
      openInterest: null,
      connected: coverage === 1,
      lastTradeAgeMs: lastTradeTs === null ? null : ts - lastTradeTs,
      desyncMs: 0,
      publishedTrades: 0,
    };
  }

  #depth(volume: number): BookSnapshot['bidDepth'] {
    const within = (bps: number) => this.#assumptions.assumedDepth * volume * (bps / DEPTH_UNIT_BPS);
    return { bps5: within(5), bps10: within(10), bps25: within(25), bps50: within(50) };
  }

  /** The next funding, once its rate is taken to be shown. */
  #nextFunding(symbol: string, ts: number): Funding | null {
    const fundings = this.#fundings.get(symbol) ?? [];
    const next = fundings[firstAfter(fundings, ts)];
    return next && next.ts - ts <= this.#assumptions.fundingKnownBeforeMs ? next : null;
  }
}

function firstAfter(fundings: readonly Funding[], ts: number): number {
  let [low, high] = [0, fundings.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fundings[middle]!.ts <= ts) low = middle + 1;
    else high = middle;
  }
  return low;
}

function roundedPrice(price: number): number {
  return Number(price.toPrecision(PRICE_DIGITS));
}
