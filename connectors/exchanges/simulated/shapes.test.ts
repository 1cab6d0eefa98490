/** What the twin sends against what the exchanges sent: the same keys, and values written alike. */
import { readFileSync } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect, it, type TestContext } from 'vitest';
import { needRealData } from '../../../test/real-data.ts';
import { Client, run, twinOf } from './client.fixture.ts';

/** A value by its form: keys of objects, the first element of lists, digits of numbers and texts by their kind. */
function shape(value: unknown): unknown {
  if (Array.isArray(value))
    return value.length > 0 && typeof value[0] === 'object' ? [shape(value[0])] : value.map(shape);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
  }
  if (typeof value !== 'string') return typeof value;
  if (/^-?\d+(\.\d+)?$/.test(value)) return 'decimal';
  return /^\d{4}-/.test(value) ? value.replace(/\d/g, '0') : 'text';
}

const shapeOf = (text: string) => shape(JSON.parse(text));
const keysOf = (value: object) => Object.keys(value).sort();

function bybitCaptured(context: TestContext): string[] {
  const file = needRealData(context, 'frames/bybit-v5-linear-2026-08-09.jsonl.zst');
  const lines = zstdDecompressSync(readFileSync(file)).toString().trim().split('\n');
  const frames = lines.map((line) => JSON.parse(line) as { t: string; conn?: string; data?: string });
  return frames.filter(({ t, conn }) => t === 'recv' && conn === 'BYBIT.ws.2').map(({ data }) => data!);
}

function krakenCaptured(context: TestContext): string[] {
  const books = needRealData(context, 'frames/kraken-v2-book10-2026-07-19.json.gz');
  const { raw_text } = JSON.parse(gunzipSync(readFileSync(books)).toString()) as { raw_text: string[] };
  const control = needRealData(context, 'frames/kraken-v2-control-ohlc-trade.jsonl');
  return [...raw_text, ...readFileSync(control, 'utf8').trim().split('\n')];
}

const bybit = run('bybit', [], 130_000).client.arrivals.map(({ text }) => text);
const kraken = run('kraken', [], 70_000).client.arrivals.map(({ text }) => text);
const one = (frames: readonly string[], ...parts: readonly string[]) => {
  const found = frames.find((text) => parts.every((part) => text.includes(part)));
  if (found === undefined) throw new Error(`Expected a frame with ${parts.join(', ')}.`);
  return found;
};

it('writes Bybit’s trades, bars and answers as captured', (context) => {
  const captured = bybitCaptured(context);
  for (const parts of [
    ['publicTrade.BTCUSDT'],
    ['kline.1.BTCUSDT', '"confirm":true'],
    ['"op":"subscribe"'],
  ]) {
    // The number of the request is the client's; there was none.
    const ours = one(bybit, ...parts).replace(/"req_id":"\d+"/, '"req_id":""');
    expect(shapeOf(ours)).toEqual(shapeOf(one(captured, ...parts)));
  }
});

it('writes Bybit’s books as captured, but for their depth', (context) => {
  const captured = bybitCaptured(context);
  for (const type of ['"type":"snapshot"', '"type":"delta"']) {
    const real = JSON.parse(one(captured, 'orderbook.200.BTCUSDT', type)) as { data: { b: unknown[] } };
    const ours = JSON.parse(one(bybit, 'orderbook.50.BTCUSDT', type)) as typeof real;
    expect(keysOf(ours)).toEqual(keysOf(real));
    expect(keysOf(ours.data)).toEqual(keysOf(real.data));
    expect(shape(ours.data.b[0])).toEqual(shape(real.data.b[0]));
  }
});

it('writes Bybit’s tickers with fields that are captured', (context) => {
  type Ticker = { data: Record<string, string> };
  const real = JSON.parse(one(bybitCaptured(context), 'tickers.BTCUSDT', 'snapshot')) as Ticker;
  const ours = JSON.parse(one(bybit, 'tickers.BTCUSDT', 'snapshot')) as Ticker;
  for (const [field, value] of Object.entries(ours.data))
    expect(shape(value)).toEqual(shape(real.data[field]));
});

it('writes Kraken’s frames as captured, key by key', (context) => {
  const captured = krakenCaptured(context);
  for (const parts of [
    ['"channel":"book","type":"snapshot"'],
    ['"channel":"trade","type":"update"'],
    ['"channel":"ohlc","type":"update"'],
    ['"channel":"heartbeat"'],
  ]) {
    expect(shapeOf(one(kraken, ...parts))).toEqual(shapeOf(one(captured, ...parts)));
  }
  const status = (frames: readonly string[]) => one(frames, '"channel":"status"', '"api_version"');
  expect(keysOf(JSON.parse(status(kraken)))).toEqual(keysOf(JSON.parse(status(captured))));
});

it('writes Kraken’s numbers with all their digits, and times to the microsecond', () => {
  const trade = one(kraken, '"channel":"trade","type":"update"', 'BTC/USDT');
  expect(trade).toMatch(/"price":\d+\.\d,"qty":\d+\.\d{8},/);
  expect(trade).toMatch(/"timestamp":"2026-03-01T12:\d\d:\d\d\.\d{6}Z"/);
});

it('answers Kraken’s requests as captured, but for the number of the request', (context) => {
  const captured = krakenCaptured(context);
  const twin = twinOf('kraken');
  const client = new Client(twin);
  const ask = (params: unknown) => {
    client.connection.send(JSON.stringify({ method: 'subscribe', params }));
    return client.arrivals.map(({ text }) => text).findLast((text) => text.includes('"method"'))!;
  };
  const compare = (text: string, ...parts: readonly string[]) =>
    expect(shapeOf(text)).toEqual(shapeOf(one(captured, ...parts)));
  compare(ask({ channel: 'book', symbol: ['BTC/USDT'], depth: 10 }), '"method"', '"channel":"book"');
  compare(ask({ channel: 'book', symbol: ['XBT/USDT'], depth: 10 }), 'Currency pair not supported');
  compare(ask({ channel: 'book', symbol: ['BTC/USDT'], depth: 3 }), 'Subscription depth not supported');
});
