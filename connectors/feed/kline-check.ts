/** The exchange's minutes against what we published of them. Pure; sums are exact, so order means nothing. */
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { KlineEvent } from '../exchanges/market-event.ts';

/** Minutes remembered. */
const MINUTES = 15;
/** Trades of the minute may come after its bar for so long. Unit: network ms. */
const PATIENCE_MS = 2_000;
/** A minute's bar that has not come so long after its end will not come. Unit: market ms. */
const OVERDUE_MS = 10_000;
const POW10: readonly number[] = Array.from({ length: 13 }, (_, scale) => Number(`1e${scale}`));

export interface CheckedMinute {
  readonly openTime: number;
  trades: number;
  /** Σ size in units of 10^-scale; NaN where it does not fit. */
  units: number;
  scale: number;
  kline: KlineEvent | null;
  /** When the bar came. Unit: network ms. */
  klineAt: number;
  verdict: 'open' | 'equal' | 'asking' | 'differs';
  /** Its bar did not come, and REST was asked for its trades instead. */
  isAsked: boolean;
  /** Fetches made for it, trades they brought. */
  tries: number;
  recovered: number;
}

export class KlineCheck {
  readonly #minutes = new Map<number, CheckedMinute>();
  #hasWork = false;

  /** Trades of one minute have been published. */
  published(trades: readonly TradeRow[]): void {
    const minute = this.#minute(minuteOf(trades[0]!.ts));
    if (!minute) return;
    minute.trades += trades.length;
    for (const { size } of trades) addSize(minute, size);
    if (minute.kline) this.#reopen(minute);
  }

  /** A later bar of a minute replaces the one before it, unless it counts fewer trades. */
  told(kline: KlineEvent, network: number): void {
    const minute = this.#minute(kline.openTime);
    if (!minute || (minute.kline && (isSame(minute.kline, kline) || isBehind(kline, minute.kline)))) return;
    minute.kline = kline;
    minute.klineAt = network;
    this.#reopen(minute);
  }

  /** Minutes whose bars tell of what we did not publish, each until it is settled. @param isWhole Of the minute we miss nothing, as far as we know. */
  differing(network: number, isWhole: (openTime: number) => boolean): CheckedMinute[] {
    if (!this.#hasWork) return [];
    this.#hasWork = false;
    const differing: CheckedMinute[] = [];
    for (const minute of this.#minutes.values()) {
      if (!minute.kline || minute.verdict === 'equal' || minute.verdict === 'differs') continue;
      this.#hasWork = true;
      if (isCovered(minute, minute.kline)) continue;
      if (network >= minute.klineAt + PATIENCE_MS && isWhole(minute.openTime)) differing.push(minute);
    }
    return differing;
  }

  /** Minutes that have come to hold all that their bars tell of. */
  takeCovered(): CheckedMinute[] {
    const covered: CheckedMinute[] = [];
    for (const minute of this.#minutes.values()) {
      const { kline, verdict } = minute;
      if (!kline || verdict === 'equal' || !isCovered(minute, kline)) continue;
      minute.verdict = 'equal';
      covered.push({ ...minute, verdict });
    }
    return covered;
  }

  /** A minute is under way, with trades or without. */
  began(openTime: number): void {
    this.#minute(openTime);
  }

  /** Minutes whose bars are overdue and that nobody has asked about. @param market Our time, ms. */
  unchecked(market: number): CheckedMinute[] {
    const due = market - MINUTE_MS - OVERDUE_MS;
    return [...this.#minutes.values()].filter(
      ({ kline, isAsked, openTime }) => !kline?.isClosed && !isAsked && openTime <= due,
    );
  }

  /** Trades were lost or found after the verdict: what was settled is looked at again. */
  #reopen(minute: CheckedMinute): void {
    if (minute.verdict !== 'asking') minute.verdict = minute.verdict === 'differs' ? 'asking' : 'open';
    this.#hasWork = true;
  }

  /** Undefined for what is older than all that is remembered. */
  #minute(openTime: number): CheckedMinute | undefined {
    const known = this.#minutes.get(openTime);
    if (known) return known;
    if (this.#minutes.size >= MINUTES) {
      const oldest = Math.min(...this.#minutes.keys());
      if (openTime < oldest) return undefined;
      this.#minutes.delete(oldest);
    }
    const minute: CheckedMinute = {
      openTime,
      trades: 0,
      units: 0,
      scale: 0,
      kline: null,
      klineAt: 0,
      verdict: 'open',
      isAsked: false,
      tries: 0,
      recovered: 0,
    };
    this.#minutes.set(openTime, minute);
    return minute;
  }
}

export function volumeOf({ units, scale }: Pick<CheckedMinute, 'units' | 'scale'>): number {
  return units / POW10[scale]!;
}

function minuteOf(ts: number): number {
  return ts - (ts % MINUTE_MS);
}

/** Our trades are known one by one: a bar that counts fewer is one from before its minute was over. */
function isCovered(minute: CheckedMinute, kline: KlineEvent): boolean {
  return isEqual(minute, kline) || isBehind(kline, minute);
}

function isBehind({ trades }: KlineEvent, than: { readonly trades: number | null }): boolean {
  return trades !== null && than.trades !== null && trades < than.trades;
}

/** Both are the doubles nearest to the same decimal where they are equal. A sum that does not fit proves nothing. */
function isEqual(minute: CheckedMinute, { volume, trades }: KlineEvent): boolean {
  if (trades !== null && trades !== minute.trades) return false;
  return Number.isNaN(minute.units) || volumeOf(minute) === volume;
}

function isSame(a: KlineEvent, b: KlineEvent): boolean {
  return a.volume === b.volume && a.trades === b.trades && a.close === b.close && a.isClosed === b.isClosed;
}

function addSize(minute: CheckedMinute, size: number): void {
  let units = Math.round(size * POW10[minute.scale]!);
  while (units / POW10[minute.scale]! !== size && minute.scale < POW10.length - 1) {
    minute.scale++;
    minute.units *= 10;
    units = Math.round(size * POW10[minute.scale]!);
  }
  minute.units += units;
  if (minute.units > Number.MAX_SAFE_INTEGER) minute.units = Number.NaN;
}
