/** The simulated Kraken's v2 frames as text: numbers are JSON numbers with all their digits, times have µs. */
import { crc32 } from 'node:zlib';
import { MINUTE_MS } from '../../../../schemas/primitives.ts';
import { decimalText, priceText } from '../frames.ts';
import type { Instrument } from '../instruments.ts';
import type { Kline } from '../klines.ts';
import { QUANTITY_PLACES } from './instruments.ts';
import type { KrakenTrade } from './tape.ts';

/** [ticks, lots], best first. */
export type Side = readonly (readonly [number, number])[];

const CHECKED = 10;

export function quantityText({ sizeDecimals }: Instrument, lots: number): string {
  if (lots === 0) return `0.${'0'.repeat(QUANTITY_PLACES)}`;
  const text = decimalText(lots, sizeDecimals);
  const padding = '0'.repeat(QUANTITY_PLACES - sizeDecimals);
  return sizeDecimals === 0 ? `${text}.${padding}` : `${text}${padding}`;
}

/** `2026-03-01T00:00:00.123456Z`. Unit: ns since the epoch. */
export function timeText(ns: bigint): string {
  const iso = new Date(Number(ns / 1_000_000n)).toISOString();
  const micros = String((ns / 1_000n) % 1_000n).padStart(3, '0');
  return `${iso.slice(0, -1)}${micros}Z`;
}

const nsOf = (ms: number) => BigInt(ms) * 1_000_000n + 500_000n;

export function tradeFrame(
  instrument: Instrument,
  type: 'snapshot' | 'update',
  trades: readonly KrakenTrade[],
): string {
  const data = trades.map((trade) => {
    const side = trade.isBuy ? 'buy' : 'sell';
    const kind = trade.lots % 2 === 0 ? 'market' : 'limit';
    const numbers = `"price":${priceText(instrument, trade.ticks)},"qty":${quantityText(instrument, trade.lots)}`;
    return `{"symbol":"${instrument.symbol}","side":"${side}",${numbers},"ord_type":"${kind}","trade_id":${trade.tradeId},"timestamp":"${timeText(trade.ns)}"}`;
  });
  return `{"channel":"trade","type":"${type}","data":[${data.join(',')}]}`;
}

/** `after`: the whole book after the frame, to be checked by. */
export function bookFrame(
  instrument: Instrument,
  type: 'snapshot' | 'update',
  ms: number,
  levels: { readonly bids: Side; readonly asks: Side },
  after: { readonly bids: Side; readonly asks: Side },
): string {
  const side = (entries: Side) =>
    entries
      .map(
        ([ticks, lots]) =>
          `{"price":${priceText(instrument, ticks)},"qty":${quantityText(instrument, lots)}}`,
      )
      .join(',');
  const data = `"symbol":"${instrument.symbol}","bids":[${side(levels.bids)}],"asks":[${side(levels.asks)}]`;
  const check = `"checksum":${checksum(instrument, after)},"timestamp":"${timeText(nsOf(ms))}"`;
  return `{"channel":"book","type":"${type}","data":[{${data},${check}}]}`;
}

/** CRC32 of the best ten asks, then bids, each as price and quantity without point and leading zeros (Kraken's guide). */
export function checksum(instrument: Instrument, book: { readonly bids: Side; readonly asks: Side }): number {
  const digits = (text: string) => text.replace('.', '').replace(/^0+/, '');
  const text = [...book.asks.slice(0, CHECKED), ...book.bids.slice(0, CHECKED)]
    .map(([ticks, lots]) => digits(priceText(instrument, ticks)) + digits(quantityText(instrument, lots)))
    .join('');
  return crc32(text);
}

export function ohlcFrame(
  instrument: Instrument,
  type: 'snapshot' | 'update',
  bars: readonly Kline[],
  ms: number,
): string {
  const data = bars.map((bar) => {
    const price = (ticks: number) => priceText(instrument, ticks);
    const begin = new Date(bar.openTime).toISOString().replace('.000Z', '.000000000Z');
    const end = new Date(bar.openTime + MINUTE_MS).toISOString().replace('.000Z', '.000000Z');
    const prices = `"open":${price(bar.open)},"high":${price(bar.high)},"low":${price(bar.low)},"close":${price(bar.close)}`;
    const sums = `"trades":${bar.trades},"volume":${quantityText(instrument, bar.lots)},"vwap":${vwapText(instrument, bar)}`;
    return `{"symbol":"${instrument.symbol}",${prices},${sums},"interval_begin":"${begin}","interval":1,"timestamp":"${end}"}`;
  });
  const at = timeText(nsOf(ms)).replace('Z', '123Z');
  return `{"channel":"ohlc","type":"${type}","timestamp":"${at}","data":[${data.join(',')}]}`;
}

export function vwapText(instrument: Instrument, { turnover, lots }: Kline): string {
  return ((turnover / lots) * instrument.tick).toFixed(instrument.priceDecimals);
}

/** `connection` is larger than a float holds exactly. */
export function statusFrame(system: string, connection: number): string {
  return `{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"${system}","api_version":"v2","connection_id":${16_174_536_464_690_280_000n + BigInt(connection)}}]}`;
}

export const HEARTBEAT = '{"channel":"heartbeat"}';

export interface Reply {
  readonly method: string;
  readonly requestId: number | null;
  readonly ms: number;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: string;
  readonly symbol?: string | undefined;
}

/** Answer to a request, keys in Kraken's own (alphabetical) order. */
export function replyFrame({ method, requestId, ms, result, error, symbol }: Reply): string {
  const times = { time_in: timeText(nsOf(ms)), time_out: timeText(nsOf(ms) + 48_000n) };
  const id = requestId === null ? {} : { req_id: requestId };
  if (method === 'pong') return JSON.stringify({ method, ...id, ...times });
  const named = symbol === undefined ? {} : { symbol };
  if (error !== undefined)
    return JSON.stringify({ error, method, ...id, success: false, ...named, ...times });
  return JSON.stringify({ method, ...id, result, success: true, ...times });
}
