import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../schemas/errors.ts';
import { pairOf } from '../../../schemas/primitives.ts';
import type { Stream } from '../market-event.ts';
import { krakenAdapter } from './adapter.ts';
import { kindOfRequest } from './streams.ts';
import { restPair, usualNames } from './symbols.ts';

const counter = () => {
  let number = 0;
  return () => ++number;
};

function streamsOf(symbols: readonly string[]): Stream[] {
  return krakenAdapter().streams.flatMap((kind) => symbols.map((symbol) => ({ kind, symbol })));
}

describe('subscriptions', () => {
  it('carry many pairs of one channel each', () => {
    const requests = krakenAdapter({ bookDepth: 100 }).subscribe(
      streamsOf(['BTC/USDT', 'ETH/USDT']),
      counter(),
    );
    expect(requests.map(({ frame }) => JSON.parse(frame))).toEqual([
      {
        method: 'subscribe',
        params: { channel: 'trade', symbol: ['BTC/USDT', 'ETH/USDT'], snapshot: true },
        req_id: 4,
      },
      {
        method: 'subscribe',
        params: { channel: 'book', depth: 100, symbol: ['BTC/USDT', 'ETH/USDT'], snapshot: true },
        req_id: 9,
      },
      {
        method: 'subscribe',
        params: { channel: 'ohlc', interval: 1, symbol: ['BTC/USDT', 'ETH/USDT'], snapshot: true },
        req_id: 15,
      },
    ]);
  });

  it('name every stream once, a hundred pairs in a request, with the number its answers carry', () => {
    const symbols = Array.from({ length: 250 }, (_, i) => `S${i}/USDT`);
    const streams = streamsOf(symbols);
    const requests = krakenAdapter().subscribe(streams, counter());
    expect(requests.map((request) => request.streams.length)).toEqual([
      100, 100, 50, 100, 100, 50, 100, 100, 50,
    ]);
    expect(requests.flatMap((request) => request.streams)).toEqual(streams);
    for (const { requestId, frame, streams: some } of requests) {
      expect(String((JSON.parse(frame) as { req_id: number }).req_id)).toBe(requestId);
      expect(kindOfRequest(requestId)).toBe(some[0]!.kind);
    }
  });

  it('are taken off by the same parameters', () => {
    const [request] = krakenAdapter({ bookDepth: 25 }).unsubscribe(
      [{ kind: 'book', symbol: 'A/B' }],
      counter(),
    );
    expect(JSON.parse(request!.frame)).toEqual({
      method: 'unsubscribe',
      params: { channel: 'book', depth: 25, symbol: ['A/B'] },
      req_id: 5,
    });
  });

  it('of a depth that Kraken has not are refused before they are sent', () => {
    expect(() => krakenAdapter({ bookDepth: 50 })).toThrow(ConfigError);
    expect(() => krakenAdapter({ bookDepth: 50 })).toThrow('10, 25, 100, 500, 1000, got 50');
  });
});

describe('names of pairs', () => {
  it.each([
    ['XBT/USDT', 'BTC/USDT', 'XBTUSDT', 'BTCUSDT'],
    ['XDG/USD', 'DOGE/USD', 'XDGUSD', 'DOGEUSD'],
    ['ETH/XBT', 'ETH/BTC', 'ETHXBT', 'ETHBTC'],
    ['SOL/USDT', 'SOL/USDT', 'SOLUSDT', 'SOLUSDT'],
  ])('%s is %s on v2 and %s in requests', (wsname, symbol, altname, pair) => {
    const { base, quote } = usualNames(wsname);
    expect(`${base}/${quote}`).toBe(symbol);
    expect(restPair(symbol)).toBe(altname);
    expect(pairOf(symbol)).toBe(pair);
  });
});
