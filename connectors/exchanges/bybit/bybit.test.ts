import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireFormatError } from '../../../schemas/errors.ts';
import { Trade } from '../../../schemas/trade.ts';
import { needRealData } from '../../../test/real-data.ts';
import type { MarketEvent } from '../market-event.ts';
import { OrderBook } from '../order-book.ts';
import { CAPTURE, CONTROL, capturedFrames, controlFrames, tradeText, tradeWire } from './frames.fixture.ts';
import { bybitMapper } from './map.ts';
import { bybitTopics, subscribeFrame, subscribeRequests } from './subscribe.ts';
import { readTradeText } from './trade-text.ts';
import { TradeFrame } from './wire.ts';

function tradesOf(event: MarketEvent) {
  if (event.kind !== 'trades') throw new Error(`Expected trades, got ${event.kind}`);
  return event.trades;
}

function countByKind(events: readonly MarketEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of events) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

describe('frames captured from Bybit', () => {
  it('are read to the last one: linear', (context) => {
    const map = bybitMapper();
    const events = capturedFrames(needRealData(context, CAPTURE), 2).map(map);
    expect(countByKind(events)).toEqual({ ack: 17, trades: 102, book: 1598, ticker: 758, unknown: 71 });
    const unknown = events.filter((event) => event.kind === 'unknown').map(({ what }) => what);
    expect(new Set(unknown.map((what) => what.split('.')[0]))).toEqual(new Set(['kline']));
  });

  it('are read to the last one: spot', (context) => {
    const events = capturedFrames(needRealData(context, CAPTURE), 3).map(bybitMapper());
    expect(countByKind(events)).toEqual({ ack: 7, trades: 18, book: 550, ticker: 81, unknown: 25 });
  });

  it('give every trade once, in order, as the schema wants it', (context) => {
    const events = capturedFrames(needRealData(context, CAPTURE), 2).map(bybitMapper());
    const ids = new Set<string>();
    const lastSeq = new Map<string, number>();
    for (const event of events) {
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

  it('keep four books in sync from snapshot to last delta', (context) => {
    const books = new Map<string, OrderBook>();
    for (const event of capturedFrames(needRealData(context, CAPTURE), 2).map(bybitMapper())) {
      if (event.kind !== 'book') continue;
      const book = books.get(event.symbol) ?? new OrderBook();
      books.set(event.symbol, book);
      expect(book.apply(event)).toBeNull();
    }
    expect([...books.values()].map((book) => book.isInSync)).toEqual([true, true, true, true]);
  });

  it('tell acknowledgements, pongs and refusals apart', (context) => {
    const map = bybitMapper();
    const read = controlFrames(needRealData(context, CONTROL)).map(({ what, frame }) => ({
      what,
      event: map(frame),
    }));
    const kinds = (start: string) =>
      read.filter(({ what }) => what.includes(start)).map(({ event }) => event);
    expect(kinds('subscribe ack').map(({ kind }) => kind)).toEqual(['ack', 'ack', 'ack']);
    expect(kinds('pong').map(({ kind }) => kind)).toEqual(['pong', 'pong']);
    expect(kinds('rejected')).toEqual([
      {
        kind: 'refusal',
        requestId: null,
        reason: 'Invalid symbol :[orderbook.50.NOSUCHSYM]',
        topic: 'orderbook.50.NOSUCHSYM',
        isSubscribed: false,
      },
      { kind: 'refusal', requestId: null, reason: 'args size >10', topic: null, isSubscribed: false },
      {
        kind: 'refusal',
        requestId: 'e1',
        reason: 'error:handler not found,topic:orderbook.50.NOPEUSDT',
        topic: 'orderbook.50.NOPEUSDT',
        isSubscribed: false,
      },
      {
        kind: 'refusal',
        requestId: 'e6',
        reason: 'error:already subscribed,topic:orderbook.1.ETHUSDT',
        topic: 'orderbook.1.ETHUSDT',
        isSubscribed: true,
      },
    ]);
  });
});

describe('trades', () => {
  it('of one exchange seq are numbered in their order, over frames too', () => {
    const map = bybitMapper();
    const sweep = [tradeWire({ i: 'a' }), tradeWire({ i: 'b' })];
    expect(tradesOf(map(tradeText(sweep))).map(({ seq }) => seq)).toEqual([7168, 7169]);
    expect(tradesOf(map(tradeText([tradeWire({ i: 'c' })])))[0]?.seq).toBe(7170);
    expect(tradesOf(map(tradeText([tradeWire({ i: 'd', seq: 8 })])))[0]?.seq).toBe(8192);
  });

  it('that come twice keep their place', () => {
    const map = bybitMapper();
    const frame = tradeText([tradeWire({ i: 'a' }), tradeWire({ i: 'b' })]);
    expect(map(frame)).toEqual(map(frame));
  });

  it('carry the taker’s side, price and size', () => {
    const [trade] = tradesOf(bybitMapper()(tradeText([tradeWire({ S: 'Sell', i: 'x' })])));
    expect(trade).toEqual({
      tradeId: 'x',
      seq: 7168,
      ts: 1_700_000_000_000,
      price: 100.1,
      size: 0.5,
      side: 'SELL',
    });
  });

  it('are refused exactly where the schema refuses them', () => {
    const odd = fc.oneof(
      fc.constantFrom(
        '',
        '0',
        '0.0',
        '1',
        '1.',
        '.5',
        '-1',
        '1e5',
        '12.5',
        'Infinity',
        'Buy',
        'Sell',
        'BTCUSDT',
      ),
      fc.constantFrom(0, -1, 1.5, 7, 2 ** 43, 2 ** 43 - 1, 8.64e15 + 1, Number.MAX_SAFE_INTEGER),
      fc.constantFrom(null, true, [], {}),
    );
    const changed = fc.record(
      { T: odd, s: odd, S: odd, v: odd, p: odd, i: odd, seq: odd },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(fc.option(changed, { nil: null }), { maxLength: 3 }), odd, (changes, ts) => {
        const text = tradeText(
          changes.map((change) => (change === null ? tradeWire() : tradeWire(change))),
          'BTCUSDT',
          changes.length % 2 ? 1 : ts,
        );
        const json = JSON.parse(text) as { data: { s: unknown }[] };
        const isFine = TradeFrame.safeParse(json).success && json.data.every(({ s }) => s === 'BTCUSDT');
        const read = () => bybitMapper()(text);
        if (isFine) expect(read().kind).toBe('trades');
        else expect(read).toThrow(WireFormatError);
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });
});

describe('the fast reader of trades', () => {
  const LINEAR =
    '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1786310819681,"data":[' +
    '{"T":1786310819680,"s":"BTCUSDT","S":"Sell","v":"0.004","p":"65114.20","L":"MinusTick","i":"a9188a0a","BT":false,"RPI":false,"seq":753843954913},' +
    '{"T":1786310819680,"s":"BTCUSDT","S":"Buy","v":"1","p":"65114","L":"PlusTick","i":"b-1","BT":false,"RPI":true,"seq":753843954913}]}';
  /** A leading space is JSON too, but not the usual text. */
  const slowly = (text: string) => bybitMapper()(` ${text}`);

  it('takes every trade frame that was captured, and says what JSON says', (context) => {
    const frames = capturedFrames(needRealData(context, CAPTURE), 2).filter((frame) =>
      frame.startsWith('{"topic":"publicTrade.'),
    );
    expect(frames).toHaveLength(102);
    for (const frame of frames) {
      expect(readTradeText(frame)).not.toBeNull();
      expect(bybitMapper()(frame)).toEqual(slowly(frame));
    }
  });

  it('is never more lenient: whatever is changed in a text, both readers agree', () => {
    const outcome = (read: () => MarketEvent) => {
      try {
        return read();
      } catch (error) {
        return error instanceof WireFormatError ? 'refused' : error;
      }
    };
    const bits = fc.constantFrom(
      '"',
      ',',
      '0',
      '00',
      '-',
      '.',
      '}',
      ']',
      '[',
      ' ',
      '9',
      '\\',
      'u',
      'e5',
      'X',
      '',
    );
    const change = fc.record({ at: fc.nat(LINEAR.length - 1), cut: fc.nat(3), put: bits });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        let text = LINEAR;
        for (const { at, cut, put } of changes) text = text.slice(0, at) + put + text.slice(at + cut);
        expect(outcome(() => bybitMapper()(text))).toEqual(outcome(() => slowly(text)));
      }),
      { seed: 1, numRuns: 5_000 },
    );
  });
});

describe('any text', () => {
  it('is read or refused by name, never anything else', () => {
    const topic = fc.constantFrom('publicTrade.X', 'orderbook.50.X', 'tickers.X', 'kline.1.X', 7);
    const frame = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ topic, type: fc.constant('delta'), ts: fc.nat(), data: fc.jsonValue() })
        .map((o) => JSON.stringify(o)),
      fc
        .record({ op: fc.string(), success: fc.jsonValue(), ret_msg: fc.jsonValue() })
        .map((o) => JSON.stringify(o)),
    );
    fc.assert(
      fc.property(frame, (text) => {
        try {
          expect(bybitMapper()(text).kind).toBeTypeOf('string');
        } catch (error) {
          expect(error).toBeInstanceOf(WireFormatError);
        }
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });
});

describe('tickers', () => {
  const ticker = (type: string, data: object) =>
    bybitMapper()(
      JSON.stringify({ topic: 'tickers.BTCUSDT', type, ts: 1, data: { symbol: 'BTCUSDT', ...data } }),
    );

  it('tell only what changed', () => {
    expect(ticker('delta', { markPrice: '100.5', bid1Price: '1' })).toEqual({
      kind: 'ticker',
      symbol: 'BTCUSDT',
      ts: 1,
      isSnapshot: false,
      change: { markPrice: 100.5 },
    });
  });

  it('of an instrument without funding say so', () => {
    expect(ticker('snapshot', { fundingRate: '', nextFundingTime: '', openInterest: '0' })).toMatchObject({
      isSnapshot: true,
      change: { fundingRate: null, nextFundingTime: null, openInterest: 0 },
    });
  });
});

describe('subscriptions', () => {
  it('name every stream of every symbol once, at most ten in a request', () => {
    const symbols = Array.from({ length: 25 }, (_, i) => `S${i}`);
    const requests = subscribeRequests(bybitTopics(symbols), 3);
    expect(requests.map(({ topics }) => topics.length)).toEqual([10, 10, 10, 10, 10, 10, 10, 5]);
    expect(new Set(requests.flatMap(({ topics }) => topics)).size).toBe(75);
    expect(subscribeFrame(requests[7]!)).toBe(
      '{"req_id":"s10","op":"subscribe","args":["tickers.S20","tickers.S21","tickers.S22","tickers.S23","tickers.S24"]}',
    );
  });
});
