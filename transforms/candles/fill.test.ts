import { describe, expect, it } from 'vitest';
import type { MinuteBar, TradePoint } from '../market-data.ts';
import { closeMinute } from './fill.ts';
import { newCandle } from './new-candle.ts';

const T = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

function bar(openTime: number, changes: Partial<MinuteBar>): MinuteBar {
  return {
    venue: 'bybit',
    symbol: 'BTCUSDT',
    openTime,
    traded: null,
    known: null,
    received: 0,
    carried: null,
    healthySeconds: 60,
    book: null,
    facts: 60,
    evidence: 60,
    ...changes,
  };
}

function traded(last: TradePoint): Partial<MinuteBar> {
  const { price } = last;
  const numbers = {
    open: price,
    high: price,
    low: price,
    close: price,
    volume: 1,
    turnover: price,
    buyVolume: 1,
  };
  return { traded: { ...numbers, trades: 1, last }, received: 1, facts: 61, evidence: 61 };
}

describe('a filled bar takes the price of the newest trade', () => {
  const early = { ts: T + 50_000, seq: 1, price: 101 };
  const late = { ts: T + 50_000, seq: 2, price: 150 };

  it.each([
    ['its minute has the later one of the millisecond', late, early],
    ['a pulse tells of the later one of the millisecond', early, late],
  ])('by order within a millisecond: %s', (_, own, told) => {
    const minutes = [bar(T, traded(own)), bar(T + MINUTE, { carried: told })];
    const closed = closeMinute(minutes, T + 2 * MINUTE, 12);
    expect(closed?.candle).toMatchObject({ open: 150, high: 150, low: 150, close: 150, filled: true });
    expect(closed?.lastTradeTs).toBe(T + 50_000);
  });

  it('but the close of a bar that knew more of the minute than its trades, which a pulse tells of still', () => {
    const known = newCandle({
      venue: 'bybit',
      symbol: 'BTCUSDT',
      interval: '1m',
      openTime: T,
      open: 101,
      high: 170,
      low: 101,
      close: 170,
      volume: 2,
      turnover: null,
      buyVolume: null,
      trades: 2,
      coverage: 1,
      filled: false,
      complete: true,
      revision: 1_000_062,
    });
    const minutes = [bar(T, { ...traded(early), known }), bar(T + MINUTE, { carried: early })];
    expect(closeMinute(minutes, T + 2 * MINUTE, 12)?.candle).toMatchObject({ close: 170, filled: true });
  });
});
