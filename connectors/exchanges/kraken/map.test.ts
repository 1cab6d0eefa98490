import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { WireFormatError } from '../../../schemas/errors.ts';
import type { BookEvent, KlineEvent, MarketEvent } from '../market-event.ts';
import { OrderBook } from '../order-book.ts';
import { bookText, ohlcText, tradeText, tradeWire } from './frames.fixture.ts';
import { krakenMapper } from './map.ts';

const map = (frame: string | object): MarketEvent[] =>
  krakenMapper(10)(typeof frame === 'string' ? frame : JSON.stringify(frame));

describe('trades', () => {
  it('carry the taker’s side, and a time cut to the millisecond', () => {
    const [event] = map(
      tradeText([tradeWire({ side: 'sell', timestamp: '2026-01-01T00:00:01.999999999Z' })]),
    );
    const ts = Date.UTC(2026, 0, 1, 0, 0, 1, 999);
    expect(event).toEqual({
      kind: 'trades',
      symbol: 'BTC/USDT',
      ts,
      trades: [{ tradeId: '7', seq: 7, ts, price: 100.5, size: 0.25, side: 'SELL' }],
      isSnapshot: false,
    });
  });

  it('of several pairs become one event a pair, in the order of ids', () => {
    const events = map(
      tradeText(
        [
          tradeWire({ trade_id: 9 }),
          tradeWire({ symbol: 'ETH/USDT', trade_id: 3 }),
          tradeWire({ trade_id: 8 }),
        ],
        'snapshot',
      ),
    );
    const said = events.map((event) =>
      event.kind === 'trades' ? [event.symbol, event.isSnapshot, event.trades.map(({ seq }) => seq)] : event,
    );
    expect(said).toEqual([
      ['BTC/USDT', true, [8, 9]],
      ['ETH/USDT', true, [3]],
    ]);
  });

  it('of a pair that never traded are none', () => {
    expect(map(tradeText([], 'snapshot'))).toEqual([]);
  });

  it.each([
    { price: 0 },
    { price: '100.5' },
    { price: 1e16 },
    { qty: -1 },
    { side: 'Buy' },
    { trade_id: 1.5 },
    { trade_id: -1 },
    { trade_id: 2 ** 53 },
    { timestamp: '2026-01-01T00:00:01.123456' },
    { timestamp: '2026-13-01T00:00:01.1Z' },
    { timestamp: 1 },
    { symbol: '' },
  ])('that are none are refused: %o', (wrong) => {
    expect(() => map(tradeText([tradeWire(), tradeWire(wrong)]))).toThrow(WireFormatError);
  });
});

describe('books', () => {
  it('keep digits as written, without point and leading zeros', () => {
    const [event] = map(bookText([['0.05005', '0.00000500']], [['0.05010', '10.0']], 1, 'snapshot'));
    expect(event).toEqual({
      kind: 'book',
      symbol: 'BTC/USDT',
      ts: Date.UTC(2026, 0, 1, 0, 0, 1, 123),
      isSnapshot: true,
      bids: [[0.05005, 0.000005, '5005500']],
      asks: [[0.0501, 10, '5010100']],
      check: { kind: 'checksum', crc32: 1 },
      depth: 10,
    });
  });

  it('of two pairs in a frame are both read', () => {
    const one = JSON.parse(bookText([['1', '1']], [], 5)) as { data: object[] };
    const two = { ...one, data: [...one.data, { ...one.data[0], symbol: 'ETH/USDT' }] };
    const symbols = map(two).map((event) => event.kind === 'book' && [event.symbol, event.bids]);
    expect(symbols).toEqual([
      ['BTC/USDT', [[1, 1, '11']]],
      ['ETH/USDT', [[1, 1, '11']]],
    ]);
  });

  it('drop what falls out of their depth, as the exchange does', () => {
    const book = new OrderBook();
    const apply = (frame: string) => book.apply(krakenMapper(2)(frame)[0] as BookEvent);
    const asks = [
      ['101.0', '1.0'],
      ['102.0', '2.0'],
    ] as const;
    expect(apply(bookText([], asks, crc32('101010102020'), 'snapshot'))).toBeNull();
    expect(apply(bookText([], [['100.0', '3.0']], crc32('100030101010')))).toBeNull();
    // 102 is gone although nobody said so; taking 100 off shows what is left.
    expect(apply(bookText([], [['100.0', '0.0']], crc32('101010')))).toBeNull();
  });

  it.each([
    bookText([['-1', '1']], [], 1),
    bookText([['0', '1']], [], 1),
    bookText([['1e2', '1']], [], 1),
    bookText([['1', '-0']], [], 1),
    bookText([['1', '1']], [], 2 ** 32),
    bookText([['1', '1']], [], -1),
    bookText([['"x"', '1']], [], 1),
  ])('that are none are refused: %s', (frame) => {
    expect(() => map(frame)).toThrow(WireFormatError);
  });
});

describe('minutes', () => {
  const bars = (frames: readonly string[]): (string | KlineEvent)[] =>
    frames
      .flatMap(krakenMapper(10))
      .map((event) =>
        event.kind === 'kline'
          ? `${new Date(event.openTime).getUTCMinutes()} ${event.close} ${event.isClosed ? 'closed' : 'open'}`
          : event.kind,
      );

  it('are closed once a later one comes, with what was last said of them', () => {
    expect(
      bars([
        ohlcText(0, '00:30.5', { close: 1 }),
        ohlcText(0, '00:59.9', { close: 2 }),
        // Told late: the minute is over, but more of it may follow.
        ohlcText(0, '01:00.1', { close: 3 }),
        ohlcText(1, '01:02.0', { close: 1 }),
        ohlcText(0, '01:02.1', { close: 2.5 }),
        ohlcText(3, '03:00.0', { close: 1 }),
      ]),
    ).toEqual([
      '0 1 open',
      '0 2 open',
      '0 3 open',
      '0 3 closed',
      '1 1 open',
      '0 2.5 closed',
      '1 1 closed',
      '3 1 open',
    ]);
  });

  it('are closed once the exchange’s clock is well beyond them, and told so once', () => {
    expect(bars([ohlcText(0, '01:04.9'), ohlcText(0, '01:05.0'), ohlcText(1, '01:06.0')])).toEqual([
      '0 2 open',
      '0 2 closed',
      '1 2 open',
    ]);
  });

  it('of pairs are apart, and other intervals are named', () => {
    expect(
      bars([
        ohlcText(0, '00:30.0'),
        ohlcText(1, '01:00.0', { symbol: 'ETH/USDT' }),
        ohlcText(0, '01:00.0', { interval: 5 }),
      ]),
    ).toEqual(['0 2 open', '1 2 open', 'unknown']);
  });
});

describe('control frames', () => {
  const refusal = { kind: 'refusal', requestId: null, stream: null, isSubscribed: false };

  it.each<[object, object]>([
    [{ channel: 'heartbeat' }, { kind: 'heartbeat' }],
    [{ method: 'pong', req_id: 3, time_in: 'x' }, { kind: 'pong' }],
    ...['maintenance', 'cancel_only', 'post_only'].map((system): [object, object] => [
      { channel: 'status', type: 'update', data: [{ system }] },
      { kind: 'status', isOnline: false, what: system },
    ]),
    [
      { channel: 'ticker', type: 'update', data: [] },
      { kind: 'unknown', what: 'channel ticker' },
    ],
    [{ channel: 7 }, { kind: 'unknown', what: 'channel 7' }],
    [
      { method: 'add_order', success: true },
      { kind: 'unknown', what: 'method add_order' },
    ],
    [{}, { kind: 'unknown', what: 'no method' }],
    [
      { method: 'subscribe', success: true, req_id: 12, result: { channel: 'trade', symbol: 'BTC/USDT' } },
      { kind: 'ack', requestId: '12', stream: { kind: 'trades', symbol: 'BTC/USDT' } },
    ],
    [
      {
        method: 'unsubscribe',
        success: true,
        req_id: 13,
        result: { channel: 'book', symbol: 'BTC/USDT', depth: 10 },
      },
      { kind: 'ack', requestId: '13', stream: { kind: 'book', symbol: 'BTC/USDT' } },
    ],
    [
      { method: 'subscribe', success: true, result: { channel: 'ticker', symbol: 'BTC/USDT' } },
      { kind: 'unknown', what: 'answer of channel ticker' },
    ],
    // 13 = 3 × 4 + 1: the fourth request, of books.
    [
      {
        method: 'subscribe',
        success: false,
        error: 'Currency pair not supported X/Y',
        symbol: 'X/Y',
        req_id: 13,
      },
      {
        ...refusal,
        requestId: '13',
        reason: 'Currency pair not supported X/Y',
        stream: { kind: 'book', symbol: 'X/Y' },
      },
    ],
    [
      { method: 'subscribe', success: false, error: 'Already subscribed', symbol: 'X/Y', req_id: 12 },
      {
        kind: 'refusal',
        requestId: '12',
        reason: 'Already subscribed',
        stream: { kind: 'trades', symbol: 'X/Y' },
        isSubscribed: true,
      },
    ],
    [
      { method: 'subscribe', success: false, error: 'Subscription depth not supported', req_id: 13 },
      { ...refusal, requestId: '13', reason: 'Subscription depth not supported' },
    ],
    [{ Error: 'Exceeded msg rate' }, { ...refusal, reason: 'Exceeded msg rate' }],
    [{ success: false }, { ...refusal, reason: 'no reason given' }],
  ])('%j', (frame, event) => {
    expect(map(frame)).toEqual([event]);
  });
});
