/** Frames for tests: small ones made by hand in Kraken's form, and the readers of real captures. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export const BOOK_CAPTURE = 'frames/kraken-v2-book10-2026-07-19.json.gz';
export const CONTROL = 'frames/kraken-v2-control-ohlc-trade.jsonl';
export const REST_OHLC = 'frames/kraken-rest-ohlc-xbtusdt-2025-11-10.json.gz';
export const REST_TRADES = 'frames/kraken-rest-trades-xbtusdt-2025-11-10.json.gz';

/** JSON of a packed file. */
export function packedJson(file: string): unknown {
  return JSON.parse(gunzipSync(readFileSync(file)).toString());
}

/** Texts of two minutes of BTC/USD, in order: a book of ten levels. */
export function bookCapture(file: string): string[] {
  return (packedJson(file) as { raw_text: string[] }).raw_text;
}

/** Texts of eleven frames of several kinds. */
export function controlCapture(file: string): string[] {
  return readFileSync(file, 'utf8').trim().split('\n');
}

export interface TradeWire {
  readonly symbol: unknown;
  readonly side: unknown;
  readonly price: unknown;
  readonly qty: unknown;
  readonly ord_type: unknown;
  readonly trade_id: unknown;
  readonly timestamp: unknown;
}

export function tradeWire(known: Partial<TradeWire> = {}): TradeWire {
  return {
    symbol: 'BTC/USDT',
    side: 'buy',
    price: 100.5,
    qty: 0.25,
    ord_type: 'market',
    trade_id: 7,
    timestamp: '2026-01-01T00:00:01.123456Z',
    ...known,
  };
}

export function tradeText(data: readonly unknown[], type = 'update'): string {
  return JSON.stringify({ channel: 'trade', type, data });
}

/** A bar that opens at the minute; `at` is when the frame was sent. */
export function ohlcText(minute: number, at: string, known: object = {}, type = 'update'): string {
  const begin = `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000000000Z`;
  const bar = { symbol: 'BTC/USDT', open: 1, high: 3, low: 0.5, close: 2, volume: 1.5, vwap: 1.7, trades: 4 };
  return JSON.stringify({
    channel: 'ohlc',
    type,
    timestamp: `2026-01-01T00:${at}Z`,
    data: [{ ...bar, interval_begin: begin, interval: 1, ...known }],
  });
}

/** Levels as texts of price and size. */
export type TextLevels = readonly (readonly [price: string, qty: string])[];

export function bookText(bids: TextLevels, asks: TextLevels, checksum: number, type = 'update'): string {
  const side = (levels: TextLevels) =>
    levels.map(([price, qty]) => `{"price":${price},"qty":${qty}}`).join(',');
  return (
    `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/USDT","bids":[${side(bids)}],"asks":[${side(asks)}],` +
    `"checksum":${checksum},"timestamp":"2026-01-01T00:00:01.123456Z"}]}`
  );
}
