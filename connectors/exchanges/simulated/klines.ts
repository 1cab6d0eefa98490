/** Bars of any length from the simulated market's minutes: what its kline endpoint answers. */
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import { joinBars, type MarketBar } from './market-bar.ts';

/** Minutes of a bar that is kept. */
export const QUARTER = 15;
/** Minutes folded before others get a turn: a page of 4h bars is 240,000 of them. */
const MINUTES_A_TURN = 2_000;

export interface Kline extends MarketBar {
  /** ms since the epoch. */
  readonly openTime: number;
}

/** Where minutes come from: a market, or what a venue makes of it. */
export interface Minutes {
  bar(minute: number, untilMs: number): MarketBar;
  /** Fifteen minutes that are over, joined; undefined where they must be asked for one by one. */
  quarter(first: number): MarketBar | undefined;
}

/** Bars that open in [fromMs, toMs], oldest first, of trades before `nowMs`; the last may be unclosed. */
export async function klines(
  market: Minutes,
  minutes: number,
  fromMs: number,
  toMs: number,
  nowMs: number,
): Promise<Kline[]> {
  const length = minutes * MINUTE_MS;
  const bars: Kline[] = [];
  let done = 0;
  for (let openTime = Math.ceil(fromMs / length) * length; openTime <= toMs; openTime += length) {
    if (openTime >= nowMs) break;
    bars.push({ openTime, ...fold(market, openTime / MINUTE_MS, minutes, nowMs) });
    done += minutes;
    if (done < MINUTES_A_TURN) continue;
    done = 0;
    await new Promise(setImmediate);
  }
  return bars;
}

function fold(market: Minutes, first: number, minutes: number, nowMs: number): MarketBar {
  const end = Math.min(first + minutes, Math.ceil(nowMs / MINUTE_MS));
  const over = Math.min(end, Math.floor(nowMs / MINUTE_MS));
  let bar: MarketBar | null = null;
  for (let minute = first; minute < end; ) {
    const isWhole = minute % QUARTER === 0 && minute + QUARTER <= over;
    const quarter = isWhole ? market.quarter(minute) : undefined;
    bar = joinBars(bar, quarter ?? market.bar(minute, nowMs));
    minute += quarter ? QUARTER : 1;
  }
  return bar!;
}
