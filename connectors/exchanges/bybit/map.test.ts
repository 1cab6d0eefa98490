import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireFormatError } from '../../../schemas/errors.ts';
import { MAX_EVENT_TIME } from '../../../schemas/primitives.ts';
import type { MarketEvent } from '../market-event.ts';
import { tradeText, tradeWire } from './frames.fixture.ts';
import { bybitMapper } from './map.ts';
import { TradeFrame } from './wire.ts';

function tradesOf([event]: readonly MarketEvent[]) {
  if (event?.kind !== 'trades') throw new Error(`Expected trades, got ${event?.kind}`);
  return event.trades;
}

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

  it('of a sweep of more fills than there are places share the last', () => {
    const sweep = Array.from({ length: 1_100 }, (_, i) => tradeWire({ i: `t${i}` }));
    const seqs = tradesOf(bybitMapper()(tradeText(sweep))).map(({ seq }) => seq);
    expect(seqs.slice(0, 1_024)).toEqual(Array.from({ length: 1_024 }, (_, i) => 7_168 + i));
    expect(new Set(seqs.slice(1_023))).toEqual(new Set([8_191]));
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
        '0.0000000000001',
        '0.000000000001',
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
      fc.constantFrom(0, -1, 1.5, 7, 2 ** 43, 2 ** 43 - 1, MAX_EVENT_TIME, MAX_EVENT_TIME + 1, 2 ** 53 - 1),
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
        if (isFine) expect(read()[0]?.kind).toBe('trades');
        else expect(read).toThrow(WireFormatError);
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
    expect(ticker('delta', { markPrice: '100.5', bid1Price: '1' })).toEqual([
      { kind: 'ticker', symbol: 'BTCUSDT', ts: 1, isSnapshot: false, change: { markPrice: 100.5 } },
    ]);
    expect(ticker('delta', { turnover24h: '1142118412.9021', lastPrice: '65114.30' })).toMatchObject([
      { change: { turnover24h: 1142118412.9021, lastPrice: 65114.3 } },
    ]);
  });

  it('of an instrument without funding say so', () => {
    expect(ticker('snapshot', { fundingRate: '', nextFundingTime: '', openInterest: '0' })).toMatchObject([
      { isSnapshot: true, change: { fundingRate: null, nextFundingTime: null, openInterest: 0 } },
    ]);
  });

  it('of another symbol than their topic’s are refused', () => {
    expect(() => ticker('delta', { symbol: 'ETHUSDT' })).toThrow('Expected data of BTCUSDT');
  });
});

describe('bars', () => {
  const bar = {
    start: 1_700_000_040_000,
    end: 1_700_000_099_999,
    interval: '1',
    open: '100',
    close: '101.5',
    high: '102',
    low: '99.5',
    volume: '3.25',
    turnover: '328.125',
    confirm: true,
    timestamp: 1_700_000_100_010,
  };
  const kline = (data: readonly object[], topic = 'kline.1.BTCUSDT') =>
    bybitMapper()(JSON.stringify({ topic, type: 'snapshot', ts: 1_700_000_100_011, data }));

  it('come one by one, closed or not', () => {
    const next = {
      ...bar,
      start: 1_700_000_100_000,
      end: 1_700_000_159_999,
      volume: '0',
      turnover: '0',
      confirm: false,
    };
    const [first, second] = kline([bar, next]);
    expect(first).toEqual({
      kind: 'kline',
      symbol: 'BTCUSDT',
      ts: 1_700_000_100_011,
      openTime: 1_700_000_040_000,
      open: 100,
      high: 102,
      low: 99.5,
      close: 101.5,
      volume: 3.25,
      turnover: 328.125,
      trades: null,
      isClosed: true,
    });
    expect(second).toMatchObject({ openTime: 1_700_000_100_000, volume: 0, isClosed: false });
  });

  it('of another length are not ours', () => {
    expect(kline([{ ...bar, interval: '5' }], 'kline.5.BTCUSDT')).toEqual([
      { kind: 'unknown', what: 'kline.5.BTCUSDT' },
    ]);
    expect(() => kline([{ ...bar, interval: '5' }])).toThrow(WireFormatError);
    expect(() => kline([{ ...bar, start: 1 }])).toThrow(WireFormatError);
    expect(() => kline([])).toThrow(WireFormatError);
  });
});

describe('answers', () => {
  const answer = (message: object) => bybitMapper()(JSON.stringify(message));

  it('name each stream that was refused', () => {
    const refused = answer({
      success: false,
      ret_msg: 'error:handler not found,topic:tickers.A,topic:kline.1.B',
      req_id: '9',
      op: 'subscribe',
    });
    expect(refused.map((event) => event.kind === 'refusal' && event.stream)).toEqual([
      { kind: 'ticker', symbol: 'A' },
      { kind: 'kline', symbol: 'B' },
    ]);
  });

  it('to what Bybit could not read are refusals of no request', () => {
    const reason = 'Failed to decode incoming data:readObjectStart: expect { or n';
    const refusal = { kind: 'refusal', requestId: null, reason, stream: null, isSubscribed: false };
    expect(answer({ success: false, ret_msg: reason })).toEqual([refusal]);
    expect(answer({ success: false, ret_msg: reason, op: '' })).toEqual([refusal]);
  });

  it('acknowledge the end of a subscription too, and other operations by name', () => {
    expect(answer({ success: true, ret_msg: '', req_id: '4', op: 'unsubscribe' })).toEqual([
      { kind: 'ack', requestId: '4', stream: null },
    ]);
    expect(answer({ op: 'pong', args: ['1'] })).toEqual([{ kind: 'pong' }]);
    expect(answer({ success: true, op: 'auth' })).toEqual([{ kind: 'unknown', what: 'op auth' }]);
  });
});
