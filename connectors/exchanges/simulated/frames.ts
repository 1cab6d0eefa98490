/** The simulated market in Bybit v5's own words: frames as text, numbers as decimal strings. */
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import type { Instrument } from './instruments.ts';
import type { Kline } from './klines.ts';
import type { Fill } from './market.ts';

/** Bybit stamps frames a moment after the match. Unit: ms. */
const PUSH_DELAY_MS = 1;

export function priceText({ tick, priceDecimals }: Instrument, ticks: number): string {
  return (ticks * tick).toFixed(priceDecimals);
}

/** Lots are powers of ten, so whole lots are decimals by their count of places alone. */
export function sizeText({ sizeDecimals }: Instrument, lots: number): string {
  return decimalText(lots, sizeDecimals);
}

/** Turnover in ticks × lots. */
export function turnoverText({ tick, sizeDecimals }: Instrument, turnover: number): string {
  return decimalText(turnover, Math.round(-Math.log10(tick)) + sizeDecimals);
}

/** A whole number of 10^-places, exactly. */
export function decimalText(units: number | bigint, places: number): string {
  if (places === 0) return String(units);
  const digits = String(units).padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

export function tradeFrame(instrument: Instrument, fills: readonly Fill[]): string {
  const data = fills.map((fill) => ({
    T: fill.ts,
    s: instrument.symbol,
    S: fill.isBuy ? 'Buy' : 'Sell',
    v: sizeText(instrument, fill.lots),
    p: priceText(instrument, fill.ticks),
    L: fill.isBuy ? 'PlusTick' : 'MinusTick',
    i: fill.id,
    BT: false,
    RPI: false,
    seq: fill.seq,
  }));
  const ts = fills.at(-1)!.ts + PUSH_DELAY_MS;
  return JSON.stringify({ topic: `publicTrade.${instrument.symbol}`, type: 'snapshot', ts, data });
}

/** `levels`: [ticks, lots] of each side; lots 0 where a level went. */
export function bookFrame(
  instrument: Instrument,
  type: 'snapshot' | 'delta',
  ts: number,
  update: number,
  depth: number,
  levels: { readonly bids: Iterable<[number, number]>; readonly asks: Iterable<[number, number]> },
): string {
  const side = (entries: Iterable<[number, number]>) =>
    Array.from(entries, ([ticks, lots]) => [
      priceText(instrument, ticks),
      lots === 0 ? '0' : sizeText(instrument, lots),
    ]);
  return JSON.stringify({
    topic: `orderbook.${depth}.${instrument.symbol}`,
    type,
    ts,
    data: { s: instrument.symbol, b: side(levels.bids), a: side(levels.asks), u: update, seq: update * 7 },
    cts: ts,
  });
}

export function tickerFrame(
  symbol: string,
  type: 'snapshot' | 'delta',
  ts: number,
  fields: Readonly<Record<string, string>>,
): string {
  return JSON.stringify({ topic: `tickers.${symbol}`, type, data: { symbol, ...fields }, cs: ts, ts });
}

/** Numbers of klines have no trailing zeros. `bars`: oldest first; those over by `ts` are confirmed. */
export function klineFrame(instrument: Instrument, bars: readonly Kline[], ts: number): string {
  const data = bars.map((bar) => ({
    start: bar.openTime,
    end: bar.openTime + MINUTE_MS - 1,
    interval: '1',
    open: bareText(priceText(instrument, bar.open)),
    close: bareText(priceText(instrument, bar.close)),
    high: bareText(priceText(instrument, bar.high)),
    low: bareText(priceText(instrument, bar.low)),
    volume: bareText(sizeText(instrument, bar.lots)),
    turnover: bareText(turnoverText(instrument, bar.turnover)),
    confirm: bar.openTime + MINUTE_MS <= ts,
    timestamp: ts,
  }));
  return JSON.stringify({ topic: `kline.1.${instrument.symbol}`, data, ts, type: 'snapshot' });
}

function bareText(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}

export function ackFrame(connection: string, requestId: string, op: string): string {
  return JSON.stringify({
    success: true,
    ret_msg: '',
    conn_id: connection,
    req_id: requestId,
    op,
  });
}

export function refusalFrame(connection: string, requestId: string, op: string, reason: string): string {
  return JSON.stringify({
    success: false,
    ret_msg: reason,
    conn_id: connection,
    req_id: requestId,
    op,
  });
}

export function pongFrame(connection: string, requestId: string): string {
  return JSON.stringify({
    success: true,
    ret_msg: 'pong',
    conn_id: connection,
    req_id: requestId,
    op: 'ping',
  });
}
