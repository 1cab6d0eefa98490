/** Bars of any length from the simulated market's minutes: what its kline endpoint answers. */
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import type { MarketBar } from './market-bar.ts';

/** Minutes folded before others get a turn: a page of 4h bars is 240,000 of them. */
const MINUTES_A_TURN = 2_000;

export interface Kline extends MarketBar {
  /** ms since the epoch. */
  readonly openTime: number;
}

/** Where minutes come from: a market, or what a venue makes of it. */
export interface Minutes {
  bar(minute: number, untilMs: number): MarketBar;
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
  let bar: MarketBar | null = null;
  for (let minute = first; minute < first + minutes && minute * MINUTE_MS < nowMs; minute++) {
    bar = join(bar, market.bar(minute, nowMs));
  }
  return bar!;
}

/** A silent minute carries a price but no trade: it opens and bounds nothing once there is one. */
function join(a: MarketBar | null, b: MarketBar): MarketBar {
  if (a === null || a.lots === 0) return b;
  if (b.lots === 0) return a;
  return {
    open: a.open,
    high: Math.max(a.high, b.high),
    low: Math.min(a.low, b.low),
    close: b.close,
    lots: a.lots + b.lots,
    turnover: a.turnover + b.turnover,
    trades: a.trades + b.trades,
  };
}
