/** The simulated market: pure in (seed, symbol, time). Any minute can be asked for, in any order, with one answer. */
import { ConfigError } from '../../../schemas/errors.ts';
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import { hash32 } from '../../random.ts';
import { choreograph, type MinutePlan } from './choreography.ts';
import { type Epoch, Epochs } from './epochs.ts';
import { INSTRUMENTS, type Instrument } from './instruments.ts';
import { KeptBars } from './kept-bars.ts';
import { QUARTER } from './klines.ts';
import { flatBar, joinBars, type MarketBar } from './market-bar.ts';
import { type MinuteTrades, newMinuteTrades, ticksOf, tradeMinute } from './minute-trades.ts';

/** A fill as the exchange knows it. */
export interface Fill {
  readonly ts: number;
  readonly id: string;
  /** Exchange seq; fills of one taker order share it. */
  readonly seq: number;
  readonly ticks: number;
  readonly lots: number;
  readonly isBuy: boolean;
}

/** Room for the exchange's seqs within a minute. */
const SEQS_PER_MINUTE = 4096;
/** Plans of epochs kept; an epoch is 500 minutes or so, whose bars are kept when its plans are not. */
const PLANS_KEPT = 2;
/** Of minutes, a day each: a day slides over them. Of the past, longer bars are asked for. */
const PAGES_OF_MINUTES = 3;
/** Of quarters of an hour, 15 days each: a start asks for five weeks once as 15m bars, and again as longer ones. */
const PAGES_OF_QUARTERS = 4;

export class SimulatedMarket {
  readonly #symbols: ReadonlyMap<string, SymbolMarket>;

  constructor(seed: number, instruments: readonly Instrument[] = INSTRUMENTS) {
    this.#symbols = new Map(
      instruments.map((instrument) => [instrument.symbol, new SymbolMarket(seed, instrument)]),
    );
  }

  has(symbol: string): boolean {
    return this.#symbols.has(symbol);
  }

  /** @throws ConfigError where the exchange lists no such symbol. */
  of(symbol: string): SymbolMarket {
    const market = this.#symbols.get(symbol);
    if (market) return market;
    throw new ConfigError(
      `Expected a simulated symbol (${[...this.#symbols.keys()].join(', ')}), got ${symbol}.`,
    );
  }
}

/** One symbol's market. Times are ms since the epoch, minutes are whole minutes since the epoch. */
export class SymbolMarket {
  readonly instrument: Instrument;
  /** Names this market's streams of chance. */
  readonly seed: number;
  readonly #epochs: Epochs;
  readonly #planned: ((minute: number) => MinutePlan) | undefined;
  readonly #trades = newMinuteTrades();
  readonly #plans = new Map<number, readonly MinutePlan[]>();
  readonly #bars = new KeptBars(PAGES_OF_MINUTES);
  readonly #quarters = new KeptBars(PAGES_OF_QUARTERS);
  /** Fills of the minute last asked for: a stream asks for one minute many times. */
  #recent: { readonly minute: number; readonly fills: readonly Fill[] } = { minute: -1, fills: [] };

  /** `planned` where the market follows another one's path. */
  constructor(seed: number, instrument: Instrument, planned?: (minute: number) => MinutePlan) {
    this.instrument = instrument;
    this.seed = hash32(seed, instrument.symbol);
    this.#epochs = new Epochs(this.seed);
    this.#planned = planned;
  }

  plan(minute: number): MinutePlan {
    if (this.#planned) return this.#planned(minute);
    const epoch = this.#epochs.at(minute);
    return this.#plansOf(epoch)[minute - epoch.start]!;
  }

  /** Fills of [fromMs, toMs), in the order of the match. */
  fills(fromMs: number, toMs: number): Fill[] {
    const fills: Fill[] = [];
    for (let minute = Math.floor(fromMs / MINUTE_MS); minute * MINUTE_MS < toMs; minute++) {
      for (const fill of this.#minuteFills(minute)) if (fill.ts >= fromMs && fill.ts < toMs) fills.push(fill);
    }
    return fills;
  }

  /** The bar of a minute, kept; with `untilMs`, of its trades before then. */
  bar(minute: number, untilMs?: number): MarketBar {
    if (untilMs !== undefined && untilMs < (minute + 1) * MINUTE_MS) {
      return this.#foldMinute(minute, untilMs - minute * MINUTE_MS);
    }
    const kept = this.#bars.get(minute);
    if (kept) return kept;
    const bar = this.#foldMinute(minute, MINUTE_MS);
    this.#bars.set(minute, bar);
    return bar;
  }

  /** The bar of a quarter of an hour, kept; undefined where nobody traded. */
  quarter(first: number): MarketBar | undefined {
    const index = first / QUARTER;
    let bar = this.#quarters.get(index) ?? null;
    if (bar === null) {
      for (let at = first; at < first + QUARTER; at++) bar = joinBars(bar, this.#foldMinute(at, MINUTE_MS));
      this.#quarters.set(index, bar!);
    }
    return bar!.trades > 0 ? bar! : undefined;
  }

  /** Price of the last trade before `ms`, in ticks. */
  lastTicks(ms: number): number {
    return this.bar(Math.floor(ms / MINUTE_MS), ms).close;
  }

  #foldMinute(minute: number, untilOffset: number): MarketBar {
    const { offset, ticks, lots, ...all } = this.#trade(minute);
    let { count } = all;
    while (count > 0 && offset[count - 1]! >= untilOffset) count--;
    if (count === 0) return flatBar(this.#closeBefore(minute));
    const bar = { open: ticks[0]!, high: 0, low: Number.POSITIVE_INFINITY, close: ticks[count - 1]! };
    let volume = 0;
    let turnover = 0;
    for (let i = 0; i < count; i++) {
      const price = ticks[i]!;
      if (price > bar.high) bar.high = price;
      if (price < bar.low) bar.low = price;
      volume += lots[i]!;
      turnover += price * lots[i]!;
    }
    return { ...bar, lots: volume, turnover, trades: count };
  }

  /** Close of the newest minute with a trade before this one; the planned open where the market only begins. */
  #closeBefore(minute: number): number {
    const begin = this.#epochs.at(minute).start;
    for (let before = minute - 1; before >= begin; before--) {
      const { ticks, count } = this.#trade(before);
      if (count > 0) return ticks[count - 1]!;
    }
    return ticksOf(this.instrument, this.plan(begin).open);
  }

  /** The minute's trades, until the next call. */
  #trade(minute: number): MinuteTrades {
    tradeMinute(this.#trades, this.seed, this.instrument, this.plan(minute), minute);
    return this.#trades;
  }

  #minuteFills(minute: number): readonly Fill[] {
    if (this.#recent.minute === minute) return this.#recent.fills;
    const { count, offset, order, ticks, lots, buy } = this.#trade(minute);
    const fills = Array.from({ length: count }, (_, i) => ({
      ts: minute * MINUTE_MS + offset[i]!,
      id: uuid(this.seed, minute, i),
      seq: minute * SEQS_PER_MINUTE + order[i]!,
      ticks: ticks[i]!,
      lots: lots[i]!,
      isBuy: buy[i] === 1,
    }));
    this.#recent = { minute, fills };
    return fills;
  }

  #plansOf(epoch: Epoch): readonly MinutePlan[] {
    const kept = this.#plans.get(epoch.index);
    if (kept) return kept;
    const plans = choreograph(this.seed, epoch);
    keep(this.#plans, epoch.index, plans, PLANS_KEPT);
    return plans;
  }
}

/** A full map starts anew: cheaper than knowing which entry is the oldest, and everything can be made again. */
function keep<T>(map: Map<number, T>, key: number, value: T, most: number): void {
  if (map.size >= most) map.clear();
  map.set(key, value);
}

/** Looks like the version-5 UUIDs that Bybit gives its trades. */
function uuid(seed: number, minute: number, index: number): string {
  const hex = [0, 1, 2, 3]
    .map((part) => hash32(seed, minute, index, part).toString(16).padStart(8, '0'))
    .join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
