import { describe, expect, it } from 'vitest';
import { needRealData } from '../../../test/real-data.ts';
import type { Stream } from '../market-event.ts';
import { STREAM_KINDS } from '../market-event.ts';
import { bybitAdapter } from './adapter.ts';
import { CAPTURE, capturedRest } from './frames.fixture.ts';
import { BOOK_DEPTHS, streamOf, topicOf } from './streams.ts';

function counter(from: number): () => number {
  let next = from;
  return () => next++;
}

function streamsOf(symbols: readonly string[]): Stream[] {
  return STREAM_KINDS.flatMap((kind) => symbols.map((symbol) => ({ kind, symbol })));
}

function argsOf(frame: string): string[] {
  return (JSON.parse(frame) as { args: string[] }).args;
}

const SYMBOLS = Array.from({ length: 25 }, (_, i) => `S${i}`);

describe('requests', () => {
  it('name every stream once, at most ten in each, and tell which', () => {
    const streams = streamsOf(SYMBOLS);
    const requests = bybitAdapter().subscribe(streams, counter(3));
    expect(requests).toHaveLength(10);
    expect(requests.map(({ requestId }) => requestId)).toEqual([
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
      '10',
      '11',
      '12',
    ]);
    expect(requests.flatMap((request) => request.streams)).toEqual(streams);
    const topics = requests.flatMap(({ frame }) => argsOf(frame));
    expect(new Set(topics).size).toBe(100);
    expect(topics.map(streamOf)).toEqual(streams);
  });

  it('are what Bybit documents', () => {
    const streams: Stream[] = STREAM_KINDS.map((kind) => ({ kind, symbol: 'BTCUSDT' }));
    const adapter = bybitAdapter({ bookDepth: 50 });
    expect(adapter.subscribe(streams, counter(1))[0]?.frame).toBe(
      '{"req_id":"1","op":"subscribe","args":["publicTrade.BTCUSDT","orderbook.50.BTCUSDT","tickers.BTCUSDT","kline.1.BTCUSDT"]}',
    );
    expect(adapter.unsubscribe(streams.slice(1, 2), counter(2))).toEqual([
      {
        requestId: '2',
        streams: [{ kind: 'book', symbol: 'BTCUSDT' }],
        frame: '{"req_id":"2","op":"unsubscribe","args":["orderbook.50.BTCUSDT"]}',
      },
    ]);
    expect(adapter.subscribe([], counter(1))).toEqual([]);
  });

  it('of a full connection stay below 21,000 characters of args, whatever is listed', (context) => {
    const [linear] = capturedRest(needRealData(context, CAPTURE)) as {
      result: { list: { symbol: string }[] };
    }[];
    const longest = linear!.result.list.map(({ symbol }) => symbol).sort((a, b) => b.length - a.length);
    const adapter = bybitAdapter({ bookDepth: 1000 });
    const books = longest
      .slice(0, adapter.limits.streamsPerConnection)
      .map((symbol): Stream => ({ kind: 'book', symbol }));
    expect(books).toHaveLength(500);
    const args = adapter.subscribe(books, counter(0)).flatMap(({ frame }) => argsOf(frame));
    expect(JSON.stringify(args).length).toBeLessThan(21_000);
  });
});

describe('topics', () => {
  it('are streams of ours and back, at each depth', () => {
    for (const depth of BOOK_DEPTHS) {
      for (const stream of streamsOf(['BTCUSDT', '1000000BABYDOGEUSDT', 'BTC-26SEP25'])) {
        expect(streamOf(topicOf(stream, depth))).toEqual(stream);
      }
    }
    expect(
      ['', 'BTCUSDT', 'allLiquidation.BTCUSDT', 'tickers.', 'kline.1', 'kline.1.A.B'].map(streamOf),
    ).toEqual(Array(6).fill(null));
  });

  it('have no other depth than Bybit offers', () => {
    expect(() => bybitAdapter({ bookDepth: 25 })).toThrow('50, 200, 1000, got 25');
  });
});
