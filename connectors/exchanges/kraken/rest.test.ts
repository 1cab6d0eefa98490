import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Candle } from '../../../schemas/candle.ts';
import { UpstreamError } from '../../../schemas/errors.ts';
import { Trade } from '../../../schemas/trade.ts';
import { needRealData } from '../../../test/real-data.ts';
import type { Clock } from '../../clock/port.ts';
import { packedJson, REST_OHLC, REST_TRADES } from './frames.fixture.ts';
import { KrakenRest, krakenRest, krakenVerdict } from './rest.ts';

type Answer = (path: string, query: Readonly<Record<string, string | number>>) => unknown;

/** Kraken's REST over answers from memory, and what was asked. */
function restOf(answer: Answer) {
  const asked: string[] = [];
  const urlOf = (path: string, query = {}) => `k${path}?${new URLSearchParams(query)}`;
  const getJson = async (path: string, query = {}) => {
    asked.push(urlOf(path, query));
    return answer(path, query);
  };
  return { rest: new KrakenRest({ urlOf, getJson }), asked };
}

/** Waits take no time, and time limits never end. */
class HastyClock implements Clock {
  #now = 0;

  now(): number {
    return this.#now;
  }

  until(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms < this.#now + 30_000) this.#now = Math.max(this.#now, ms);
    else return new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));
    return Promise.resolve();
  }
}

const minute = (text: string) => Date.parse(`2025-11-10T${text}:00Z`);

describe('klines', () => {
  const everything = { symbol: 'BTC/USDT', interval: '1m', fromMs: 0, toMs: 8e15 } as const;

  it('captured from Kraken are closed bars: the last of 721 rows still runs', async (context) => {
    const file = packedJson(needRealData(context, REST_OHLC));
    const { rest, asked } = restOf(() => file);
    const candles = await rest.klines(everything);
    expect(asked).toEqual(['k/0/public/OHLC?pair=XBTUSDT&interval=1&since=0']);
    expect(candles).toHaveLength(720);
    for (const candle of candles) Candle.encode(candle);
    expect(candles.at(-1)!.openTime).toBe(1_762_820_160_000);
    const silent = candles.filter(({ volume }) => volume === 0);
    expect(silent.length).toBeGreaterThan(100);
    for (const { filled, open, high, low, close, vwap } of silent) {
      expect({ filled, same: new Set([open, high, low, close]).size, vwap }).toEqual({
        filled: true,
        same: 1,
        vwap: null,
      });
    }
    expect(candles.filter(({ filled }) => filled)).toHaveLength(silent.length);
  });

  it('are those that open and close within the span', async (context) => {
    const file = packedJson(needRealData(context, REST_OHLC));
    const { rest, asked } = restOf(() => file);
    const [fromMs, toMs] = [minute('12:30'), minute('12:33') + 30_000];
    const candles = await rest.klines({ ...everything, fromMs, toMs });
    expect(candles.map(({ openTime }) => openTime)).toEqual(['12:30', '12:31', '12:32'].map(minute));
    // `since` leaves out its own second.
    expect(asked[0]).toContain(`since=${fromMs / 1_000 - 1}`);
  });
});

describe('trades', () => {
  it('captured from Kraken are 1,000 in a row, to the exact millisecond', async (context) => {
    const file = packedJson(needRealData(context, REST_TRADES)) as { result: { XBTUSDT: unknown[][] } };
    const { rest } = restOf((_path, { since }) =>
      since === '0' ? file : { ...file, result: { X: [], last: '1' } },
    );
    const trades = await rest.trades({ symbol: 'BTC/USDT', from: 0 });
    expect(trades).toHaveLength(1_000);
    expect(trades.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_000 }, (_, i) => 10_218_208 + i));
    for (const trade of trades) Trade.parse({ venue: 'kraken', symbol: 'BTC/USDT', ...trade });
    expect(trades[0]).toEqual({
      tradeId: '10218208',
      seq: 10_218_208,
      ts: 1_762_795_433_971,
      price: 105_433.6,
      size: 0.00027625,
      side: 'BUY',
    });
    // `last` is of the same trade, in ns.
    expect(trades.at(-1)!.ts).toBe(1_762_820_035_982);
  });

  /** Trade `i` is matched `i` ms after 1 s; five share each instant, so that pages end within one. */
  const history = Array.from({ length: 2_503 }, (_, i) => {
    const ms = 1_000 + Math.floor(i / 5);
    return { ns: BigInt(ms) * 1_000_000n, row: ['1.0', '1.0', ms / 1_000, 's', 'l', '', 100 + i] };
  });
  const paged: Answer = (_path, { since }) => {
    const page = history.filter(({ ns }) => ns > BigInt(since!)).slice(0, 1_000);
    const last = String(page.at(-1)?.ns ?? since);
    return { error: [], result: { XXBTZUSD: page.map(({ row }) => row), last } };
  };

  it('are read over pages, each once, though one instant stands on both sides of a page’s end', async () => {
    const { rest, asked } = restOf(paged);
    const trades = await rest.trades({ symbol: 'BTC/USD', from: 1_100 });
    expect(trades.map(({ seq }) => seq)).toEqual(Array.from({ length: 2_003 }, (_, i) => 600 + i));
    expect(trades[0]).toMatchObject({ ts: 1_100, side: 'SELL' });
    expect(asked).toHaveLength(3);
    expect(asked[0]).toBe('k/0/public/Trades?pair=XBTUSD&since=1099999999&count=1000');
  });

  it('from a known one on include it', async () => {
    const { rest } = restOf(paged);
    const [known] = await rest.trades({ symbol: 'BTC/USD', from: 1_450 });
    const again = await rest.trades({ symbol: 'BTC/USD', from: known! });
    expect(again[0]).toEqual(known);
    expect(again).toHaveLength(253);
  });

  it('end where a page brings nothing new', async () => {
    const row = (id: number) => ['1.0', '1.0', 5, 'b', 'l', '', id];
    const stuck = { XBT: Array.from({ length: 1_000 }, (_, i) => row(i)), last: '5000000000' };
    const { rest, asked } = restOf(() => ({ error: [], result: stuck }));
    expect(await rest.trades({ symbol: 'A/B', from: 0 })).toHaveLength(1_000);
    expect(asked).toHaveLength(2);
  });
});

describe('instruments and turnovers', () => {
  const pair = { wsname: 'XBT/USDT', pair_decimals: 1, lot_decimals: 8, tick_size: '0.1', status: 'online' };
  const result = {
    XBTUSDT: pair,
    XDGUSD: { ...pair, wsname: 'XDG/USD', pair_decimals: 7, tick_size: undefined, status: 'cancel_only' },
    ETHXBT: { ...pair, wsname: 'ETH/XBT', status: 'delisted' },
    'XBTUSD.d': { ...pair, wsname: undefined },
  };
  const tickers = {
    XBTUSDT: { v: ['1.0', '2.5'], p: ['90000.0', '100000.0'] },
    'XBTUSD.d': { v: ['1.0', '1.0'], p: ['1.0', '1.0'] },
  };
  const answers: Answer = (path) => ({ error: [], result: path.endsWith('Ticker') ? tickers : result });

  it('carry v2’s names, and leave out pairs without a public feed', async () => {
    const { rest } = restOf(answers);
    const spot = { isPerpetual: false, listedMs: null, lotSize: 1e-8 };
    expect(await rest.instruments()).toEqual([
      { ...spot, symbol: 'BTC/USDT', base: 'BTC', quote: 'USDT', status: 'trading', tickSize: 0.1 },
      { ...spot, symbol: 'DOGE/USD', base: 'DOGE', quote: 'USD', status: 'halted', tickSize: 1e-7 },
      { ...spot, symbol: 'ETH/BTC', base: 'ETH', quote: 'BTC', status: 'closed', tickSize: 0.1 },
    ]);
  });

  it('find the turnover of 24 h by the names of AssetPairs', async () => {
    const { rest, asked } = restOf(answers);
    expect(await rest.turnovers()).toEqual(new Map([['BTC/USDT', 250_000]]));
    await rest.turnovers();
    expect(asked.map((url) => url.split('/').at(-1))).toEqual(['AssetPairs?', 'Ticker?', 'Ticker?']);
  });
});

describe('errors', () => {
  it('for asking too often are waited out', async () => {
    const answers = [
      { error: ['EAPI:Rate limit exceeded'] },
      { error: ['EService:Busy'] },
      { error: [], result: {} },
    ];
    const server = createServer((_request, response) => response.end(JSON.stringify(answers.shift())));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const clock = new HastyClock();
    expect(await krakenRest({ baseUrl, clock }).instruments()).toEqual([]);
    expect(answers).toEqual([]);
    // One request a second, whatever the pauses.
    expect(clock.now()).toBeGreaterThanOrEqual(2_000);
    server.close();
  });

  it.each([
    [{ error: ['EAPI:Rate limit exceeded'] }, { pauseMs: null }],
    [{ error: ['EGeneral:Too many requests'] }, { pauseMs: null }],
    [{ error: ['EService:Unavailable'] }, 'again'],
    [{ error: ['EGeneral:Internal error'] }, 'again'],
    [{ error: ['EQuery:Unknown asset pair'] }, 'fine'],
    [{ error: [], result: {} }, 'fine'],
    ['nonsense', 'fine'],
  ])('%j', (json, verdict) => {
    expect(krakenVerdict(null, json)).toEqual(verdict);
  });

  it.each([
    [{ error: ['EQuery:Unknown asset pair'] }, 'was refused: EQuery:Unknown asset pair'],
    [{ error: [], result: {} }, 'expected one pair and last'],
    [{ error: [], result: { X: [['1', '1', 1, 'q', 'l', '', 1]], last: '1' } }, '0.3 '],
    [{ error: [], result: { X: [], last: 'x' } }, 'another form'],
    [[], 'another form'],
    [null, 'another form'],
  ])('%j is told', async (json, text) => {
    const trades = restOf(() => json).rest.trades({ symbol: 'A/B', from: 0 });
    await expect(trades).rejects.toThrow(UpstreamError);
    await expect(trades).rejects.toThrow(text);
  });
});
