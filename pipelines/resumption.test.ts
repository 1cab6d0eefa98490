import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { MINUTE_MS } from '../schemas/primitives.ts';
import { newCandle } from '../transforms/candles/new-candle.ts';
import { resumption } from './warm-start.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const before = (minutes: number) => NOW - minutes * MINUTE_MS;

/** A minute of ours, or (without a number of trades) of the exchange. */
const minute = (minutes: number, symbol = 'BTCUSDT', trades: number | null = 1) =>
  newCandle({
    venue: 'bybit',
    symbol,
    interval: '1m',
    openTime: before(minutes),
    open: 1,
    high: 1,
    low: 1,
    close: 1,
    volume: 1,
    turnover: 1,
    buyVolume: 1,
    trades,
    coverage: 1,
    filled: false,
    complete: true,
    revision: 2,
  });
const publishAfter = (candles: ReturnType<typeof minute>[], options = {}) =>
  (NOW - resumption(candles, NOW, DEFAULT_PARAMS, options).publishAfterMs) / MINUTE_MS;

describe('a graph publishes', () => {
  it('the newest minute of history once more, of the symbol that is furthest behind', () => {
    expect(publishAfter([minute(3), minute(2), minute(1)])).toBe(1);
    expect(publishAfter([minute(2), minute(1), minute(3, 'ETHUSDT'), minute(2, 'ETHUSDT')])).toBe(2);
  });

  it('all from the first minute on that history lacks among the last ones', () => {
    expect(publishAfter([minute(6), minute(5), minute(3), minute(2)])).toBe(4);
    expect(publishAfter([minute(40), minute(20), minute(3), minute(2)])).toBe(2);
  });

  it('nothing of before the start where there is no history of ours, unless the bus may have messages', () => {
    expect(publishAfter([])).toBe(0);
    expect(publishAfter([minute(2, 'BTCUSDT', null)])).toBe(0);
    expect(publishAfter([], { isResuming: true })).toBe(30);
  });

  it('no signal that is too old to be entered', () => {
    const { emitAfterMs } = resumption([minute(20)], NOW, DEFAULT_PARAMS);
    expect((NOW - emitAfterMs) / MINUTE_MS).toBe(5);
  });
});
