import { describe, expect, it } from 'vitest';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import { ManualClock } from '../clock/manual.ts';
import { FeedHealth } from './health.ts';
import { cutByMinute, tradeMessage } from './messages.ts';
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
    });
    expect(message().orderingKey).toBe('bybit:X');
  });
});

describe('FeedHealth', () => {
  it('vouches for the seconds that lie wholly within a connection', () => {
    const health = new FeedHealth();
    health.up(1_500);
    health.down(4_200);
    health.up(4_800);
    const vouched = [0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000].filter((s) => health.vouchesFor(s, 7_000));
    expect(vouched).toEqual([2_000, 3_000, 5_000, 6_000]);
    health.forgetBefore(5_000);
    expect(health.vouchesFor(3_000, 7_000)).toBe(false);
    expect(health.vouchesFor(6_000, 7_000)).toBe(true);
  });

  it('wants a frame as proof of life', () => {
    const health = new FeedHealth();
    health.up(0);
    expect(health.vouchesFor(10_000, 6_000)).toBe(true);
    expect(health.vouchesFor(10_000, 5_999)).toBe(false);
  });
});

describe('Seconds', () => {
  it('are over once the feed has passed them, and never ahead of our clock', () => {
    const seconds = new Seconds(new ManualClock(0), 8_200);
    expect(seconds.take(10_020, 9_990)).toEqual([8_000]);
    expect(seconds.areDue(10_040, 9_995)).toBe(false);
    expect(seconds.areDue(10_040, 10_000)).toBe(true);
    expect(seconds.take(10_040, 10_000)).toEqual([9_000]);
    expect(seconds.take(10_900, 12_500)).toEqual([]);
    expect(seconds.take(13_100, Number.POSITIVE_INFINITY)).toEqual([10_000, 11_000, 12_000]);
  });

  it('wait half a second for a feed that stands still, and again once it moves', async () => {
    const network = new ManualClock(0);
    const seconds = new Seconds(network, 14_000);
    expect(seconds.take(16_000, 15_500)).toEqual([14_000]);
    await network.advanceTo(499);
    expect(seconds.take(16_000, 15_500)).toEqual([]);
    await network.advanceTo(500);
    expect(seconds.take(16_000, 15_500)).toEqual([15_000]);
    expect(seconds.take(18_000, 16_100)).toEqual([]);
  });

  it('of more than an hour ago are given up', () => {
    const seconds = new Seconds(new ManualClock(0), 0);
    const taken = seconds.take(5_000_000, Number.POSITIVE_INFINITY);
    expect([taken.length, taken[0], taken.at(-1)]).toEqual([3_600, 1_400_000, 4_999_000]);
  });
});
