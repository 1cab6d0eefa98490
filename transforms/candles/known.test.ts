import { describe, expect, it } from 'vitest';
import type { Candle } from '../../schemas/candle.ts';
import { INTERVAL_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import type { StampedPart } from '../decode/decode.ts';
import type { BookSecond } from '../market-data.ts';
import { batchOf, closeAll, minuteBars, partsOf, SYMBOL, T0, trade, VENUE } from './candles.fixture.ts';
import { newCandle, withRevision } from './new-candle.ts';
import { rollUp } from './roll-up.ts';
import { NO_SECONDS } from './second-set.ts';

function bar(change: Partial<Candle> = {}): Candle {
  return newCandle({
    venue: VENUE,
    symbol: SYMBOL,
    interval: '1m',
    openTime: T0,
    open: 10,
    high: 12,
    low: 9,
    close: 11,
    volume: 0.1,
    turnover: 1.1,
    buyVolume: 0.1,
    trades: 4,
    coverage: 1,
    filled: false,
    complete: true,
    revision: 1_000_064,
    ...change,
  });
}

const known = (candle: Candle): StampedPart => ({
  key: `${VENUE}:${SYMBOL}`,
  ts: candle.openTime,
  value: { kind: 'bar', candle },
});
const closed = (...parts: StampedPart[]) => closeAll(minuteBars(parts), 12);
const wholeMinute = { fromMs: T0, toMs: T0 + MINUTE_MS };

describe('a known 1m bar', () => {
  it('closes as it came where there are no trades', () => {
    expect(closed(known(bar())).map(({ candle }) => candle)).toEqual([bar()]);
    const filled = bar({ filled: true, volume: 0, turnover: 0, trades: 0, revision: 300 });
    expect(closed(known(filled))).toEqual([{ candle: filled, book: null, lastTradeTs: null, received: 0 }]);
  });

  it('is worth more than some of its trades, come again, and takes a higher revision than they have', () => {
    const [only] = closed(known(bar()), ...partsOf(batchOf([trade(5, 9)])));
    expect(only?.candle).toEqual(bar());
    const kline = bar({ revision: 1, trades: null, turnover: null, buyVolume: null });
    const [second] = closed(known(kline), ...partsOf(batchOf([trade(5, 9)])));
    expect(second?.candle).toEqual(withRevision(kline, 1_000_002));
  });

  it('gives way to complete trades that know more, and to a late trade where it was filled', () => {
    const trades = Array.from({ length: 5 }, (_, i) => trade(i, 7));
    const [own] = closed(known(bar()), ...partsOf(batchOf(trades, wholeMinute)));
    expect(own?.candle).toMatchObject({ close: 7, trades: 5, revision: 1_000_065 });
    const filled = bar({ filled: true, volume: 0, revision: 900 });
    expect(closed(known(filled), ...partsOf(batchOf([trade(5, 9)])))[0]?.candle.close).toBe(9);
  });

  it('is chosen by content among several, whatever their order', () => {
    const several = [
      bar(),
      bar({ revision: 1_000_070, close: 10 }),
      bar({ complete: false, revision: 1_000_099 }),
    ];
    expect(closed(...several.map(known))[0]?.candle.close).toBe(10);
    expect(closed(...several.toReversed().map(known))[0]?.candle.close).toBe(10);
  });

  it('lends its close to the silence after it', () => {
    const silence = batchOf([], { fromMs: T0 + MINUTE_MS, toMs: T0 + 2 * MINUTE_MS });
    const [, next] = closed(known(bar()), ...partsOf(silence));
    expect(next).toMatchObject({ candle: { close: 11, filled: true, revision: 64 + 60 }, lastTradeTs: T0 });
  });
});

describe('a roll-up', () => {
  const minutes = (...changes: Partial<Candle>[]) =>
    changes.map((change, i) => bar({ openTime: T0 + i * MINUTE_MS, ...change }));
  const five = minutes({}, { high: 20 }, { low: 5, volume: 0.2 }, {}, { close: 15 });

  it('adds decimals as they look and is complete where all parts are', () => {
    const candle = rollUp(five, '5m', T0);
    expect(candle).toMatchObject({
      open: 10,
      high: 20,
      low: 5,
      close: 15,
      volume: 0.6,
      turnover: 5.5,
      trades: 20,
    });
    expect(candle).toMatchObject({
      interval: '5m',
      coverage: 1,
      complete: true,
      filled: false,
      revision: 5_000_320,
    });
    expect(candle?.vwap).toBe(5.5 / 0.6);
  });

  it('takes the highest revision of each part, in any order', () => {
    const stale = bar({ openTime: five[4]!.openTime, revision: 1_000_001, close: 1, high: 99 });
    expect(rollUp([stale, ...five], '5m', T0)).toEqual(rollUp([...five.toReversed(), stale], '5m', T0));
    expect(rollUp([...five, stale], '5m', T0)?.high).toBe(20);
  });

  it('does not make up what a part lacks', () => {
    const kline = { turnover: null, buyVolume: null, trades: null };
    expect(rollUp(minutes({}, kline), '5m', T0)).toMatchObject({
      ...kline,
      vwap: null,
      volume: 0.2,
      complete: false,
    });
    expect(rollUp(minutes({}, kline), '5m', T0)?.coverage).toBe(2 / 5);
  });

  it('takes no price from a filled part unless all are filled', () => {
    const filled = {
      filled: true,
      volume: 0,
      turnover: 0,
      buyVolume: 0,
      trades: 0,
      open: 1,
      high: 1,
      low: 1,
      close: 1,
    };
    expect(rollUp(minutes(filled, {}, filled), '5m', T0)).toMatchObject({
      open: 10,
      low: 9,
      close: 11,
      filled: false,
    });
    const later = { ...filled, open: 2, high: 2, low: 2, close: 2 };
    expect(rollUp(minutes(filled, later), '5m', T0)).toMatchObject({
      open: 2,
      low: 2,
      close: 2,
      filled: true,
    });
  });

  it('gives way to a known candle that is complete where it is not', () => {
    const whole = bar({ interval: '5m', revision: 7 });
    expect(rollUp([whole], '5m', T0)).toEqual(whole);
    expect(rollUp([whole, ...five], '5m', T0)?.close).toBe(15);
    const part = five.slice(1);
    expect(rollUp([whole, ...part], '5m', T0)).toEqual(withRevision(whole, 4_000_257));
  });

  it('knows nothing of other spans', () => {
    expect(rollUp(five, '5m', T0 + INTERVAL_MS['5m'])).toBeNull();
    expect(rollUp([], '1h', T0)).toBeNull();
  });
});

describe('the book of a minute', () => {
  const second = (book: BookSecond): StampedPart => ({
    key: `${VENUE}:${SYMBOL}`,
    ts: T0 + book.second * 1000,
    value: { kind: 'pulse', healthy: NO_SECONDS, last: null, book },
  });

  it('is the mean of each ten seconds', () => {
    const parts = [
      second({ second: 0, bidDepth: 3, askDepth: 1 }),
      second({ second: 9, bidDepth: 1, askDepth: 1 }),
      second({ second: 59, bidDepth: 1, askDepth: 3 }),
    ];
    const slots = minuteBars([...parts, ...parts.toReversed()])[0]?.book?.slots;
    expect(slots?.[0]).toEqual({ seconds: 2, imbalance: 0.25, bidDepth: 2, askDepth: 1 });
    expect(slots?.slice(1, 5)).toEqual([null, null, null, null]);
    expect(slots?.[5]).toEqual({ seconds: 1, imbalance: -0.5, bidDepth: 1, askDepth: 3 });
  });
});
