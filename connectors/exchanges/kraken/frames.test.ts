import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Trade } from '../../../schemas/trade.ts';
import { needRealData } from '../../../test/real-data.ts';
import type { BookEvent, MarketEvent } from '../market-event.ts';
import { type BookModel, stepBook } from '../order-book.model.ts';
import { OrderBook } from '../order-book.ts';
import { krakenAdapter } from './adapter.ts';
import { readBookText } from './book-text.ts';
import { BOOK_CAPTURE, bookCapture, CONTROL, controlCapture } from './frames.fixture.ts';

/** The capture is of ten levels. */
const adapter = krakenAdapter({ bookDepth: 10 });

function countByKind(events: readonly MarketEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of events) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function booksOf(frames: readonly string[]): BookEvent[] {
  return frames.flatMap(adapter.mapper()).filter((event) => event.kind === 'book');
}

/** The frame's text with the last digit of its last size changed. */
function withWrongDigit(frame: string): string {
  const end = frame.lastIndexOf('}],"');
  return `${frame.slice(0, end - 1)}${frame[end - 1] === '9' ? 8 : 9}${frame.slice(end)}`;
}

describe('two minutes of a book captured from Kraken', () => {
  it('are read to the last frame', (context) => {
    const frames = bookCapture(needRealData(context, BOOK_CAPTURE));
    expect(frames).toHaveLength(1_376);
    const events = frames.flatMap(adapter.mapper());
    expect(countByKind(events)).toEqual({ status: 1, ack: 1, heartbeat: 120, book: 1_254 });
    expect(events[0]).toEqual({ kind: 'status', isOnline: true, what: 'online' });
    expect(events[1]).toEqual({ kind: 'ack', requestId: null, stream: { kind: 'book', symbol: 'BTC/USD' } });
  });

  it('verify all 1,254 checksums, and equal the model after each step', (context) => {
    const book = new OrderBook();
    let model: BookModel | null = null;
    const faults: unknown[] = [];
    for (const event of booksOf(bookCapture(needRealData(context, BOOK_CAPTURE)))) {
      faults.push(book.apply(event));
      const step = stepBook(model, event);
      expect(step.fault).toBeNull();
      model = step.book!;
      expect(book.top()).toEqual({
        bestBid: Math.max(...model.bids.map(([price]) => price)),
        bestAsk: Math.min(...model.asks.map(([price]) => price)),
      });
    }
    expect(faults).toEqual(new Array(1_254).fill(null));
  });

  it('tell one wrong digit at once, in whichever frame', (context) => {
    const frames = bookCapture(needRealData(context, BOOK_CAPTURE)).filter(readBookText);
    const events = booksOf(frames);
    const faults = booksOf(frames.map(withWrongDigit)).map((wrong, at) => {
      const book = new OrderBook();
      for (let i = 0; i < at; i++) book.apply(events[i]!);
      return book.apply(wrong);
    });
    expect(faults).toEqual(new Array(1_254).fill('checksum'));
  });

  it('would fail by numbers: trailing zeros are part of the checksum', (context) => {
    const [snapshot] = booksOf(bookCapture(needRealData(context, BOOK_CAPTURE)));
    const { asks, bids, check } = snapshot!;
    const digits = [...asks, ...bids].map(([price, size]) => `${price}${size}`.replaceAll(/^0\.0*|\./g, ''));
    expect(check).not.toEqual({ kind: 'checksum', crc32: crc32(digits.join('')) });
  });

  it('are of the usual form, which is read without JSON, and JSON says the same', (context) => {
    const frames = bookCapture(needRealData(context, BOOK_CAPTURE)).filter((frame) =>
      frame.startsWith('{"channel":"book"'),
    );
    const map = adapter.mapper();
    for (const frame of frames) {
      expect(readBookText(frame)).not.toBeNull();
      // A leading space is JSON too, but not the usual text.
      expect(map(` ${frame}`)).toEqual(map(frame));
    }
    expect(frames).toHaveLength(1_254);
  });
});

describe('control, ohlc and trade frames captured from Kraken', () => {
  const read = (file: string) => controlCapture(file).map((frame) => adapter.mapper()(frame));

  it('say each what they are', (context) => {
    const [status, ack, symbolRefused, depthRefused, heartbeat, ...data] = read(
      needRealData(context, CONTROL),
    );
    expect(status).toEqual([{ kind: 'status', isOnline: true, what: 'online' }]);
    expect(ack).toEqual([{ kind: 'ack', requestId: null, stream: { kind: 'kline', symbol: 'BTC/USDT' } }]);
    const refusal = { kind: 'refusal', requestId: null, stream: null, isSubscribed: false };
    expect(symbolRefused).toEqual([{ ...refusal, reason: 'Currency pair not supported XBT/USDT' }]);
    expect(depthRefused).toEqual([{ ...refusal, reason: 'Subscription depth not supported' }]);
    expect(heartbeat).toEqual([{ kind: 'heartbeat' }]);
    expect(data.map(countByKind)).toEqual([
      { kline: 9 },
      { kline: 1 },
      { trades: 2 },
      { trades: 1 },
      { trades: 1 },
      { book: 1 },
    ]);
  });

  it('give bars that are closed where the exchange’s clock is beyond them', (context) => {
    const [, , , , , snapshot, update] = read(needRealData(context, CONTROL));
    const minute = (time: string) => Date.parse(`2026-09-10T17:${time}:00Z`);
    expect(snapshot?.map((event) => event.kind === 'kline' && [event.openTime, event.isClosed])).toEqual(
      ['32', '33', '34', '35', '38', '39', '40', '41', '43'].map((time) => [minute(time), true]),
    );
    expect(update).toEqual([
      {
        kind: 'kline',
        symbol: 'BTC/USDT',
        ts: Date.parse('2026-09-10T17:35:52.114Z'),
        openTime: minute('35'),
        open: 77499.9,
        high: 77509.2,
        low: 77467.5,
        close: 77509.2,
        volume: 0.58051276,
        turnover: null,
        trades: 15,
        isClosed: false,
      },
    ]);
  });

  it('give trades by pair, as the schema wants them', (context) => {
    const [, , , , , , , snapshot, update] = read(needRealData(context, CONTROL));
    expect(snapshot).toEqual([
      {
        kind: 'trades',
        symbol: 'ETH/USD',
        ts: Date.parse('2026-05-14T15:03:41.748Z'),
        trades: [
          {
            tradeId: '62886870',
            seq: 62886870,
            ts: Date.parse('2026-05-14T15:03:41.748Z'),
            price: 2284.15,
            size: 0.001,
            side: 'SELL',
          },
        ],
        isSnapshot: true,
      },
      expect.objectContaining({ symbol: 'BTC/USD', isSnapshot: true }),
    ]);
    const [sweep] = update!;
    if (sweep?.kind !== 'trades') throw new Error('Expected trades.');
    expect(sweep.trades.map(({ seq }) => seq)).toEqual([9622656, 9622657, 9622658]);
    for (const trade of sweep.trades) Trade.parse({ venue: 'kraken', symbol: sweep.symbol, ...trade });
  });

  it('give a book whose checksum verifies', (context) => {
    const [event] = read(needRealData(context, CONTROL)).at(-1)!;
    expect(new OrderBook().apply(event as BookEvent)).toBeNull();
  });
});
