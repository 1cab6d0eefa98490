import { describe, expect, it } from 'vitest';
import { Trade } from '../../../schemas/trade.ts';
import { needRealData } from '../../../test/real-data.ts';
import type { BookEvent, KlineEvent, MarketEvent } from '../market-event.ts';
import { bybitAdapter } from './adapter.ts';
import { CAPTURE, CONTROL, capturedFrames, controlFrames } from './frames.fixture.ts';

/** The capture holds books of 200 levels. */
const adapter = bybitAdapter({ bookDepth: 200 });

function eventsOf(frames: readonly string[]): MarketEvent[] {
  return frames.flatMap(adapter.mapper());
}

function countByKind(events: readonly MarketEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of events) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

describe('frames captured from Bybit', () => {
  it('are read to the last one: linear', (context) => {
    const frames = capturedFrames(needRealData(context, CAPTURE), 2);
    expect(frames).toHaveLength(2546);
    // Four frames at the turn of the minute carry two bars.
    expect(countByKind(eventsOf(frames))).toEqual({
      ack: 17,
      trades: 102,
      book: 1598,
      ticker: 758,
      kline: 75,
    });
  });

  it('are read to the last one: spot', (context) => {
    const frames = capturedFrames(needRealData(context, CAPTURE), 3);
    expect(frames).toHaveLength(681);
    expect(countByKind(eventsOf(frames))).toEqual({ ack: 7, trades: 18, book: 550, ticker: 81, kline: 25 });
  });

  it('are each of a stream that can be subscribed', (context) => {
    const file = needRealData(context, CAPTURE);
    const symbols = new Set(['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'DOGEUSDT']);
    for (const event of eventsOf([...capturedFrames(file, 2), ...capturedFrames(file, 3)])) {
      if ('symbol' in event) expect(symbols).toContain(event.symbol);
    }
  });

  it('of a depth that was not asked for are named, and touch no book', (context) => {
    const map = bybitAdapter({ bookDepth: 50 }).mapper();
    const counts = countByKind(capturedFrames(needRealData(context, CAPTURE), 2).flatMap(map));
    expect(counts).toEqual({ ack: 17, trades: 102, unknown: 1598, ticker: 758, kline: 75 });
  });

  it('give every trade once, in order, as the schema wants it', (context) => {
    const ids = new Set<string>();
    const lastSeq = new Map<string, number>();
    for (const event of eventsOf(capturedFrames(needRealData(context, CAPTURE), 2))) {
      if (event.kind !== 'trades') continue;
      for (const trade of event.trades) {
        Trade.parse({ venue: 'bybit', symbol: event.symbol, ...trade });
        expect(trade.seq).toBeGreaterThan(lastSeq.get(event.symbol) ?? 0);
        lastSeq.set(event.symbol, trade.seq);
        ids.add(trade.tradeId);
      }
    }
    expect(ids.size).toBe(327);
  });

  it('count book updates without a hole, keep 200 levels a side, and never cross', (context) => {
    const events = eventsOf(capturedFrames(needRealData(context, CAPTURE), 2));
    const books = new Map<string, NaiveBook>();
    for (const event of events) if (event.kind === 'book') applyNaively(books, event);
    expect([...books.values()].map(({ updates }) => updates).reduce((sum, n) => sum + n)).toBe(1598);
    expect(books.size).toBe(4);
  });

  it('agree with themselves: bars are the trades of their minute', (context) => {
    const events = eventsOf(capturedFrames(needRealData(context, CAPTURE), 2));
    const trades = events.flatMap((event) =>
      event.kind === 'trades' ? event.trades.map((trade) => ({ ...trade, symbol: event.symbol })) : [],
    );
    const newest = new Map<string, KlineEvent>();
    for (const event of events)
      if (event.kind === 'kline') newest.set(`${event.symbol} ${event.openTime}`, event);
    // The second minute is whole from its first instant to each bar's moment.
    const second = [...newest.values()].filter(({ openTime }) => openTime === 1_786_310_820_000);
    expect(second).toHaveLength(4);
    for (const bar of second) {
      const within = trades.filter(
        ({ symbol, ts }) => symbol === bar.symbol && ts >= bar.openTime && ts <= bar.ts,
      );
      const volume = within.reduce((sum, { size }) => sum + size, 0);
      expect(volume).toBeCloseTo(bar.volume, 6);
      expect(within.at(-1)?.price ?? bar.close).toBe(bar.close);
      expect(bar.trades).toBeNull();
    }
  });

  it('confirm each bar once, with its last values', (context) => {
    const file = needRealData(context, CAPTURE);
    const closed = eventsOf([...capturedFrames(file, 2), ...capturedFrames(file, 3)]).filter(
      (event) => event.kind === 'kline' && event.isClosed,
    );
    expect(closed).toHaveLength(6);
    expect(closed[0]).toMatchObject({ kind: 'kline', openTime: 1_786_310_760_000, isClosed: true });
  });

  it('merge their ticker deltas to prices near the trades', (context) => {
    const prices = new Map<string, number>();
    for (const event of eventsOf(capturedFrames(needRealData(context, CAPTURE), 2))) {
      if (event.kind !== 'ticker') continue;
      if (event.isSnapshot) expect(Object.keys(event.change)).toHaveLength(6);
      if (event.change.lastPrice) prices.set(event.symbol, event.change.lastPrice);
    }
    expect([...prices.keys()].sort()).toEqual(['BTCUSDT', 'DOGEUSDT', 'ETHUSDT', 'SOLUSDT']);
  });
});

interface NaiveBook {
  readonly bids: Map<number, number>;
  readonly asks: Map<number, number>;
  update: number;
  updates: number;
}

function applyNaively(books: Map<string, NaiveBook>, event: BookEvent): void {
  if (event.check.kind !== 'counter') throw new Error('Expected a counter');
  const { update } = event.check;
  const known = books.get(event.symbol);
  const book = event.isSnapshot
    ? { bids: new Map(), asks: new Map(), update: update - 1, updates: 0 }
    : known!;
  books.set(event.symbol, book);
  expect(update).toBe(book.update + 1);
  book.update = update;
  book.updates++;
  for (const side of ['bids', 'asks'] as const) {
    for (const [price, size] of event[side]) {
      if (size === 0) expect(book[side].delete(price)).toBe(true);
      else book[side].set(price, size);
    }
    expect(book[side].size).toBe(200);
  }
  expect(Math.max(...book.bids.keys())).toBeLessThan(Math.min(...book.asks.keys()));
}

describe('control frames captured from Bybit', () => {
  it('are told apart: acknowledgements, pongs, refusals', (context) => {
    const read = controlFrames(needRealData(context, CONTROL)).map(({ what, frame }) => ({
      what,
      events: bybitAdapter({ bookDepth: 50 }).mapper()(frame),
    }));
    expect(countByKind(read.flatMap(({ events }) => events))).toEqual({
      ack: 3,
      pong: 2,
      refusal: 4,
      book: 2,
    });
    const kinds = (start: string) =>
      read.filter(({ what }) => what.includes(start)).flatMap(({ events }) => events);
    expect(kinds('subscribe ack')).toEqual([
      { kind: 'ack', requestId: null, stream: null },
      { kind: 'ack', requestId: null, stream: null },
      { kind: 'ack', requestId: 'sub1', stream: null },
    ]);
    expect(kinds('pong').map(({ kind }) => kind)).toEqual(['pong', 'pong']);
    const refusal = { kind: 'refusal', requestId: null, stream: null, isSubscribed: false };
    expect(kinds('rejected')).toEqual([
      {
        ...refusal,
        reason: 'Invalid symbol :[orderbook.50.NOSUCHSYM]',
        stream: { kind: 'book', symbol: 'NOSUCHSYM' },
      },
      { ...refusal, reason: 'args size >10' },
      {
        ...refusal,
        requestId: 'e1',
        reason: 'error:handler not found,topic:orderbook.50.NOPEUSDT',
        stream: { kind: 'book', symbol: 'NOPEUSDT' },
      },
      {
        ...refusal,
        requestId: 'e6',
        reason: 'error:already subscribed,topic:orderbook.1.ETHUSDT',
        stream: { kind: 'book', symbol: 'ETHUSDT' },
        isSubscribed: true,
      },
    ]);
  });
});
