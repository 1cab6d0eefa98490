import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import { ManualClock } from '../../clock/manual.ts';
import { systemClock } from '../../clock/system.ts';
import { bybitAdapter } from '../bybit/adapter.ts';
import { bybitMapper } from '../bybit/map.ts';
import { OrderBook } from '../order-book.ts';
import type { KlineQuery } from '../venue.ts';
import { priceText } from './frames.ts';
import { type SimulatedExchange, startSimulatedExchange } from './server.ts';

const START = Date.UTC(2026, 2, 1);
const HOUR_MS = 60 * MINUTE_MS;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function exchangeAt(ms: number): Promise<{ clock: ManualClock; exchange: SimulatedExchange }> {
  const clock = new ManualClock(ms);
  const exchange = await startSimulatedExchange({ seed: 1, clock, symbols: ['BTCUSDT', 'LTCUSDT'] });
  closers.push(() => exchange.close());
  return { clock, exchange };
}

/** A bare client that collects what it gets. */
async function client(exchange: SimulatedExchange) {
  const socket = new WebSocket(exchange.wsUrl);
  closers.unshift(() => socket.terminate());
  const frames: string[] = [];
  socket.on('message', (data) => frames.push(String(data)));
  await once(socket, 'open');
  const ask = async (request: unknown) => {
    socket.send(typeof request === 'string' ? request : JSON.stringify(request));
    await once(socket, 'message');
    return JSON.parse(frames.at(-1)!) as Record<string, unknown>;
  };
  return { frames, ask };
}

describe('the simulated exchange', () => {
  it('answers as Bybit does', async () => {
    const { exchange } = await exchangeAt(START);
    const { ask } = await client(exchange);
    const conn_id = 'sim-1';
    expect(await ask({ req_id: 'a', op: 'subscribe', args: ['publicTrade.BTCUSDT'] })).toEqual({
      success: true,
      ret_msg: '',
      conn_id,
      req_id: 'a',
      op: 'subscribe',
    });
    expect(await ask({ op: 'ping' })).toEqual({
      success: true,
      ret_msg: 'pong',
      conn_id,
      req_id: '',
      op: 'ping',
    });
    const refused = async (args: string[]) => (await ask({ op: 'subscribe', args })).ret_msg;
    expect(await refused(['orderbook.50.NOPE'])).toBe('error:handler not found,topic:orderbook.50.NOPE');
    expect(await refused(['orderbook.30.BTCUSDT'])).toContain('error:handler not found');
    expect(await refused(['publicTrade.BTCUSDT'])).toBe('error:already subscribed,topic:publicTrade.BTCUSDT');
    expect(await refused(Array.from({ length: 11 }, () => 'tickers.BTCUSDT'))).toBe('args size >10');
    expect((await ask({ op: 'nope' })).ret_msg).toBe('error:invalid op');
    expect((await ask('garbage')).ret_msg).toContain('Failed to decode incoming data');
  });

  it('streams books whose updates follow on each other, in frames that our mapper reads', async () => {
    const { clock, exchange } = await exchangeAt(START);
    const { frames, ask } = await client(exchange);
    await ask({ op: 'subscribe', args: ['publicTrade.BTCUSDT', 'orderbook.50.BTCUSDT', 'tickers.BTCUSDT'] });
    // A last request comes back after every frame before it.
    await clock.advanceTo(START + 20_000);
    await ask({ op: 'ping' });
    while (!frames.at(-1)?.includes('pong')) await new Promise(setImmediate);
    const mapper = bybitMapper(50);
    const events = frames.flatMap((frame) => mapper(frame));
    const book = new OrderBook();
    const updates = events.filter((event) => event.kind === 'book');
    for (const event of updates) expect(book.apply(event)).toBeNull();
    expect(updates.length).toBeGreaterThan(60);
    expect(events.filter((event) => event.kind === 'ticker' && event.isSnapshot)).toHaveLength(1);
    const trades = events.flatMap((event) => (event.kind === 'trades' ? event.trades : []));
    const fills = exchange.market.of('BTCUSDT').fills(START, START + 20_000);
    const { instrument } = exchange.market.of('BTCUSDT');
    expect(trades.map(({ tradeId, price }) => [tradeId, price])).toEqual(
      fills.map(({ id, ticks }) => [id, Number(priceText(instrument, ticks))]),
    );
  });

  it('tells its instruments and its time', async () => {
    const { exchange } = await exchangeAt(START);
    const get = async (path: string) => (await fetch(`${exchange.httpUrl}${path}`)).json();
    expect(await get('/v5/market/time')).toMatchObject({
      retCode: 0,
      result: { timeSecond: String(START / 1000) },
    });
    const info = (await get('/v5/market/instruments-info?category=linear')) as {
      result: { list: unknown[] };
    };
    expect(info.result.list[0]).toMatchObject({
      symbol: 'BTCUSDT',
      priceFilter: { tickSize: '0.10' },
      lotSizeFilter: { qtyStep: '0.001' },
    });
    expect((await fetch(`${exchange.httpUrl}/nope`)).status).toBe(404);
  });
});

describe('bars by REST', () => {
  const fetchKlines = ({ baseUrl, ...query }: KlineQuery & { baseUrl: string }) =>
    bybitAdapter().rest({ baseUrl, clock: systemClock }).klines(query);

  it('pages through more bars than one answer holds, without the unclosed one', async () => {
    const { exchange } = await exchangeAt(START + 90_000);
    const fromMs = START - 1_500 * MINUTE_MS;
    const query = { baseUrl: exchange.httpUrl, symbol: 'LTCUSDT', interval: '1m', fromMs } as const;
    const candles = await fetchKlines({ ...query, toMs: START + 90_000 });
    expect(candles).toHaveLength(1_501);
    expect(candles.map(({ openTime }) => openTime)).toEqual(
      Array.from({ length: 1_501 }, (_, i) => fromMs + i * MINUTE_MS),
    );
  });

  it('gives known candles, in the exchange’s own numbers', async () => {
    const { exchange } = await exchangeAt(START + HOUR_MS);
    const query = { baseUrl: exchange.httpUrl, symbol: 'BTCUSDT', interval: '15m' } as const;
    const [candle] = await fetchKlines({ ...query, fromMs: START, toMs: START + HOUR_MS });
    const market = exchange.market.of('BTCUSDT');
    const fills = market.fills(START, START + 15 * MINUTE_MS);
    const lots = fills.reduce((sum, fill) => sum + fill.lots, 0);
    const turnover = fills.reduce((sum, fill) => sum + fill.lots * fill.ticks, 0);
    expect(candle).toEqual({
      id: `bybit:BTCUSDT:15m:${START}:1`,
      venue: 'bybit',
      symbol: 'BTCUSDT',
      interval: '15m',
      openTime: START,
      open: fills[0]!.ticks / 10,
      high: Math.max(...fills.map(({ ticks }) => ticks)) / 10,
      low: Math.min(...fills.map(({ ticks }) => ticks)) / 10,
      close: fills.at(-1)!.ticks / 10,
      volume: lots / 1_000,
      turnover: turnover / 10_000,
      buyVolume: null,
      trades: null,
      vwap: turnover / 10_000 / (lots / 1_000),
      coverage: 1,
      filled: false,
      complete: true,
      revision: 1,
    });
  });

  it('explains a refusal and an exchange that is not there', async () => {
    const { exchange } = await exchangeAt(START);
    const query = { symbol: 'NOPE', interval: '1h', fromMs: START - HOUR_MS, toMs: START } as const;
    await expect(fetchKlines({ ...query, baseUrl: exchange.httpUrl })).rejects.toThrow('Symbol Is Invalid');
    const baseUrl = exchange.httpUrl;
    await exchange.close();
    await expect(fetchKlines({ ...query, baseUrl })).rejects.toMatchObject({
      message: expect.stringContaining('nothing listens there'),
      isRetryable: true,
    });
  });
});
