/** One symbol as its exchange lists it: its market without the times it was closed, stamped by the exchange's clock. */
import { DAY_MS, MINUTE_MS } from '../../../schemas/primitives.ts';
import type { Instrument } from './instruments.ts';
import { QUARTER } from './klines.ts';
import type { Fill, SymbolMarket } from './market.ts';
import { flatBar, type MarketBar } from './market-bar.ts';
import type { VenueClock } from './venue-clock.ts';

export type ListingStatus = 'trading' | 'halted' | 'closed';

interface Closure {
  readonly status: 'halted' | 'closed';
  readonly fromMs: number;
  toMs: number;
}

/** Minutes looked back at for the price a silent minute carries. */
const LOOK_BACK = 3_000;
const DAY_MINUTES = DAY_MS / MINUTE_MS;
const FILLS_KEPT = 8;

/** Times are the exchange's, except where a parameter is called true time. */
export class Listing {
  readonly market: SymbolMarket;
  readonly #clock: VenueClock;
  readonly #closures: Closure[] = [];
  readonly #fills = new Map<number, readonly Fill[]>();
  #day: { minute: number; turnover: number; lots: number } | null = null;

  constructor(market: SymbolMarket, clock: VenueClock) {
    this.market = market;
    this.#clock = clock;
  }

  get instrument(): Instrument {
    return this.market.instrument;
  }

  /** From true time `fromMs` on nothing trades; the returned function ends it. */
  close(status: 'halted' | 'closed', fromMs: number): (toMs: number) => void {
    const closure: Closure = { status, fromMs, toMs: Number.POSITIVE_INFINITY };
    this.#closures.push(closure);
    this.#forget();
    return (toMs) => {
      closure.toMs = toMs;
      this.#forget();
    };
  }

  /** At true time `ms`; `closed` wins. */
  status(ms: number): ListingStatus {
    const now = this.#closures.filter(({ fromMs, toMs }) => ms >= fromMs && ms < toMs);
    if (now.length === 0) return 'trading';
    return now.some(({ status }) => status === 'closed') ? 'closed' : 'halted';
  }

  /** At the exchange's time `ms`. */
  statusAt(ms: number): ListingStatus {
    return this.status(this.#clock.trueTimeOf(ms));
  }

  /** Fills stamped in [fromMs, toMs), in the order of the match. */
  fills(fromMs: number, toMs: number): Fill[] {
    const from = this.#clock.trueTimeOf(fromMs);
    const to = this.#clock.trueTimeOf(toMs);
    const fills: Fill[] = [];
    for (let minute = Math.floor(from / MINUTE_MS); minute * MINUTE_MS < to; minute++) {
      for (const fill of this.trueMinute(minute)) if (fill.ts >= fromMs && fill.ts < toMs) fills.push(fill);
    }
    return fills;
  }

  /** Minute of true time in which the exchange's clock showed `ms`. */
  trueMinuteOf(ms: number): number {
    return Math.floor(this.#clock.trueTimeOf(ms) / MINUTE_MS);
  }

  /** Fills of a minute of true time, with the exchange's stamps. */
  trueMinute(minute: number): readonly Fill[] {
    const kept = this.#fills.get(minute);
    if (kept) return kept;
    const all = this.market.fills(minute * MINUTE_MS, (minute + 1) * MINUTE_MS);
    const open = all.filter(({ ts }) => !this.#closures.some((shut) => ts >= shut.fromMs && ts < shut.toMs));
    const fills = open.map((fill) => ({ ...fill, ts: this.#clock.at(fill.ts) }));
    if (this.#fills.size >= FILLS_KEPT) this.#fills.clear();
    this.#fills.set(minute, fills);
    return fills;
  }

  /** Fills of a minute of true time. */
  count(minute: number): number {
    const [from, to] = [minute * MINUTE_MS, (minute + 1) * MINUTE_MS];
    const isShut = this.#closures.some((shut) => shut.fromMs < to && shut.toMs > from);
    return isShut ? this.trueMinute(minute).length : this.market.bar(minute).trades;
  }

  /** The exchange changed its clock: what has been stamped ahead is wrong. */
  restamp(): void {
    this.#forget();
  }

  /** The last `count` fills before `ms`, or fewer where none is in the two days before. */
  lastFills(count: number, ms: number): Fill[] {
    let fills: Fill[] = [];
    for (let to = ms; fills.length < count && to > ms - 2 * DAY_MS; ) {
      const from = Math.ceil(to / MINUTE_MS) * MINUTE_MS - MINUTE_MS;
      fills = [...this.fills(from, to), ...fills];
      to = from;
    }
    return fills.slice(-count);
  }

  /** Bar of a minute of the exchange's time, of its trades before `untilMs`. */
  bar(minute: number, untilMs = Number.POSITIVE_INFINITY): MarketBar {
    const bar = this.#tradedBar(minute, untilMs);
    if (bar.trades > 0) return bar;
    for (let before = minute - 1; before > minute - LOOK_BACK; before--) {
      const { trades, close } = this.#tradedBar(before, Number.POSITIVE_INFINITY);
      if (trades > 0) return flatBar(close);
    }
    return bar;
  }

  /** Fifteen minutes that are over, joined; undefined where they are not just the market's, or nobody traded. */
  quarter(first: number): MarketBar | undefined {
    for (let at = first; at < first + QUARTER; at++) if (this.#isTouched(at)) return undefined;
    return this.market.quarter(first);
  }

  /** Price of the last trade before `ms`, in ticks. */
  lastTicks(ms: number): number {
    return this.bar(Math.floor(ms / MINUTE_MS), ms).close;
  }

  /** Of the 24 h before `ms`: turnover in ticks × lots, lots. Slides by whole minutes at its far end. */
  day(ms: number): { readonly turnover: number; readonly lots: number } {
    const minute = Math.floor(ms / MINUTE_MS);
    if (this.#day === null || minute < this.#day.minute || minute > this.#day.minute + DAY_MINUTES) {
      this.#day = { minute: minute - DAY_MINUTES, turnover: 0, lots: 0 };
      for (let at = minute - DAY_MINUTES; at < minute; at++) this.#slide(this.#day, at, false);
    }
    while (this.#day.minute < minute) this.#slide(this.#day, this.#day.minute, true);
    const now = this.#tradedBar(minute, ms);
    return { turnover: this.#day.turnover + now.turnover, lots: this.#day.lots + now.lots };
  }

  #slide(day: { minute: number; turnover: number; lots: number }, at: number, isWhole: boolean): void {
    const bar = this.#tradedBar(at, Number.POSITIVE_INFINITY);
    const gone = isWhole ? this.#tradedBar(at - DAY_MINUTES, Number.POSITIVE_INFINITY) : flatBar(0);
    day.turnover += bar.turnover - gone.turnover;
    day.lots += bar.lots - gone.lots;
    day.minute = at + 1;
  }

  #tradedBar(minute: number, untilMs: number): MarketBar {
    const end = Math.min(untilMs, (minute + 1) * MINUTE_MS);
    // A minute that is under way is asked for again and again.
    const isKept = untilMs <= end && this.#fills.has(minute);
    if (!isKept && !this.#isTouched(minute)) return this.market.bar(minute, untilMs);
    return barOf(this.fills(minute * MINUTE_MS, end)) ?? flatBar(this.market.bar(minute).open);
  }

  /** True where the minute's fills are not just those of the market's minute. */
  #isTouched(minute: number): boolean {
    const [from, to] = [minute * MINUTE_MS, (minute + 1) * MINUTE_MS];
    if (this.#clock.trueTimeOf(from) !== from || this.#clock.trueTimeOf(to) !== to) return true;
    return this.#closures.some((shut) => shut.fromMs < to && shut.toMs > from);
  }

  #forget(): void {
    this.#fills.clear();
  }
}

function barOf(fills: readonly Fill[]): MarketBar | null {
  if (fills.length === 0) return null;
  const bar = { open: fills[0]!.ticks, high: 0, low: Number.POSITIVE_INFINITY, close: fills.at(-1)!.ticks };
  let lots = 0;
  let turnover = 0;
  for (const fill of fills) {
    bar.high = Math.max(bar.high, fill.ticks);
    bar.low = Math.min(bar.low, fill.ticks);
    lots += fill.lots;
    turnover += fill.ticks * fill.lots;
  }
  return { ...bar, lots, turnover, trades: fills.length };
}
