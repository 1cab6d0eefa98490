import { describe, expect, it } from 'vitest';
import { traceAttribute } from '../../schemas/trace.ts';
import { readBatchHeader, type TradeRow } from '../../schemas/trade-batch.ts';
import { claimMessage, cutByMinute, tradeMessage } from './messages.ts';
import { Seconds } from './seconds.ts';

function trade(ts: number): TradeRow {
  return { tradeId: `t${ts}`, seq: ts, ts, price: 1, size: 1, side: 'BUY' };
}

describe('cutByMinute', () => {
  it('cuts where the minute changes, also back to an earlier one, and keeps the order', () => {
    const runs = cutByMinute([59_999, 60_000, 60_001, 59_000, 120_000].map(trade));
    expect(runs.map((run) => run.map(({ ts }) => ts))).toEqual([
      [59_999],
      [60_000, 60_001],
      [59_000],
      [120_000],
    ]);
  });

  it('cuts long runs', () => {
    const runs = cutByMinute(Array.from({ length: 20_001 }, () => trade(1)));
    expect(runs.map(({ length }) => length)).toEqual([20_000, 1]);
  });
});

describe('tradeMessage', () => {
  it('takes its id and time from its content', () => {
    const message = () =>
      tradeMessage('bybit', 'X', [trade(7), trade(5)], { since: 1, from: 40, last: null, sentAt: 9 });
    expect(message()).toEqual(message());
    expect(message().attributes).toEqual({
      id: expect.stringMatching(/^bybit:X:7:7:2:[0-9a-f]{16}$/),
      ts: '5',
      pos: '1 40 42',
      ...traceAttribute({ pair: 'X', closeMs: 60_000 }),
    });
    expect(message().orderingKey).toBe('bybit:X');
  });
});

describe('claimMessage', () => {
  it('has no trade of its own, and is sent after the minute only where it is', () => {
    const claim = { fromMs: 120_000, toMs: 125_000 };
    const sending = { since: 1, from: 7, last: { ts: 119_000, seq: 3, price: 5 } };
    const header = (sentAt: number) =>
      readBatchHeader(claimMessage('bybit', 'X', claim, { ...sending, sentAt }).data);
    expect(header(126_000)).toMatchObject({ kind: 'trades', claim, last: sending.last, sentAt: null });
    expect(header(190_000).sentAt).toBe(190_000);
    const { attributes } = claimMessage('bybit', 'X', claim, { ...sending, sentAt: 0 });
    const trace = traceAttribute({ pair: 'X', closeMs: 180_000 });
    expect(attributes).toMatchObject({ ts: '120000', pos: '1 7 7', ...trace });
  });
});

describe('Seconds', () => {
  const at = (market: number, network = 0) => ({ market, network });
  const all = (until: number) => ({ own: until, proven: until });

  it('are over once the feed has passed them, and never ahead of our clock', () => {
    const seconds = new Seconds(8_200);
    expect(seconds.take(at(10_020), all(9_990))).toEqual([8_000]);
    expect(seconds.areDue(at(10_040), all(9_995))).toBe(false);
    expect(seconds.areDue(at(10_040), all(10_000))).toBe(true);
    expect(seconds.take(at(10_040), all(10_000))).toEqual([9_000]);
    expect(seconds.take(at(10_900), all(12_500))).toEqual([]);
    expect(seconds.take(at(13_100), all(Number.POSITIVE_INFINITY))).toEqual([10_000, 11_000, 12_000]);
  });

  it('wait a moment for a connection that stands still, and again once it moves', () => {
    const seconds = new Seconds(14_000);
    expect(seconds.take(at(16_000), all(15_500))).toEqual([14_000]);
    expect(seconds.take(at(16_000, 1_499), all(15_500))).toEqual([]);
    expect(seconds.take(at(16_000, 1_500), all(15_500))).toEqual([15_000]);
    expect(seconds.take(at(18_000, 1_500), all(16_100))).toEqual([]);
  });

  it('of a silent symbol are over by what its connection shows', () => {
    const seconds = new Seconds(14_000);
    expect(seconds.take(at(16_000), { own: 14_100, proven: 15_900 })).toEqual([]);
    expect(seconds.take(at(16_500, 500), { own: 14_100, proven: 15_990 })).toEqual([14_000]);
    expect(seconds.take(at(16_600, 600), { own: 14_100, proven: 16_010 })).toEqual([15_000]);
    expect(seconds.take(at(17_950, 2_099), { own: 14_100, proven: 16_010 })).toEqual([]);
    expect(seconds.take(at(17_990, 2_100), { own: 14_100, proven: 16_010 })).toEqual([16_000]);
  });

  it('of more than an hour ago are given up', () => {
    const taken = new Seconds(0).take(at(5_000_000), all(Number.POSITIVE_INFINITY));
    expect([taken.length, taken[0], taken.at(-1)]).toEqual([3_600, 1_400_000, 4_999_000]);
  });
});
