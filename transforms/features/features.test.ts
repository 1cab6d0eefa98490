import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS, SignalParams } from '../../schemas/params.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { BookMinute, ClosedMinute } from '../market-data.ts';
import { barFeatures } from './features.ts';
import { minute, START } from './minutes.fixture.ts';

const closeOf = (n: number) => START + (n + 1) * MINUTE_MS;
/** Minutes 0 … 119, alternating between 100 and 101: just warm at 119. */
const warm = Array.from({ length: 120 }, (_, n) => {
  const close = 100 + (n % 2);
  return minute(n, { open: close, high: close, low: close, close, volume: 10 });
});
const at = (minutes: Iterable<ClosedMinute>, n = 119, params = DEFAULT_PARAMS) => {
  const features = barFeatures(minutes, [], closeOf(n), params);
  if (features === null) throw new Error('no features');
  return features;
};
/** `warm` with the last minute made anew. */
const endingWith = (last: ClosedMinute) => [...warm.slice(0, 119), last];

describe('the bar', () => {
  it('is named, timed and priced as its candle', () => {
    const prices = { open: 100, high: 103, low: 99, close: 102, volume: 7, coverage: 0.9, complete: false };
    expect(at(endingWith(minute(119, prices)))).toMatchObject({
      ...prices,
      venue: 'bybit',
      symbol: 'BTCUSDT',
      pair: 'BTCUSDT',
      openTime: closeOf(118),
      closeTime: closeOf(119),
    });
  });

  it('has no features where its own minute is unknown', () => {
    expect(barFeatures(warm.slice(0, 119), [], closeOf(119), DEFAULT_PARAMS)).toBeNull();
    expect(barFeatures([], [], closeOf(119), DEFAULT_PARAMS)).toBeNull();
  });

  it('looks neither ahead nor further back than 180 minutes', () => {
    const far = minute(-61, { close: 9_999, revision: 1e6 });
    const ahead = minute(120, { close: 9_999, revision: 1e6 });
    expect(at([far, ...warm, ahead])).toEqual(at(warm));
    expect(at([minute(-60), ...warm]).revision).toBe(121);
  });
});

describe('warm-up', () => {
  it('ends with the 120th bar', () => {
    expect(at(warm).warmUp).toBe(false);
    expect(at(warm.slice(1)).warmUp).toBe(true);
  });

  it('leaves every indicator unknown and the rest as it is', () => {
    expect(at(warm.slice(1))).toMatchObject({
      rsi7: null,
      rsi14: null,
      volumeEma20: null,
      volumeRatio: null,
      volumeSpike: null,
      divergence: null,
      voided: false,
      close: 101,
    });
  });

  it('counts filled bars, and skips minutes nobody knows', () => {
    const filled = minute(50, { filled: true, volume: 0, open: 101, high: 101, low: 101, close: 101 });
    const holed = warm.filter((_, n) => n !== 50);
    expect(at([...holed, filled]).warmUp).toBe(false);
    expect(at(holed).warmUp).toBe(true);
    expect(at([minute(-1), ...holed]).warmUp).toBe(false);
  });

  it('may be as short as 21 bars, which suffice for every indicator', () => {
    const short = SignalParams.parse({ exhaustion: { warmupBars: 21 } });
    const { rsi7, rsi14, volumeEma20, volumeRatio, volumeSpike, warmUp } = at(warm.slice(-21), 119, short);
    expect([rsi7, rsi14, volumeEma20, volumeRatio, volumeSpike].includes(null)).toBe(false);
    expect(warmUp).toBe(false);
    expect(at(warm.slice(-20), 119, short).warmUp).toBe(true);
  });
});

describe('volume', () => {
  it('is compared with the bars before, which a spike does not raise', () => {
    expect(at(endingWith(minute(119, { volume: 40 })))).toMatchObject({
      volumeEma20: 10,
      volumeRatio: 4,
      volumeSpike: 4,
      voided: true,
    });
  });

  it('of 20 silent bars has no ratio, and any volume after them is a continuation', () => {
    const silent = warm.slice(0, 119).map((m) => ({ ...m, candle: { ...m.candle, volume: 0 } }));
    expect(at([...silent, minute(119, { volume: 1 })])).toMatchObject({
      volumeEma20: 0,
      volumeRatio: null,
      volumeSpike: null,
      voided: true,
    });
  });

  it('spikes against the mean of exactly the 20 bars before', () => {
    const heavy = warm.map((m, n) => ({
      ...m,
      candle: { ...m.candle, volume: n === 98 ? 1e6 : n === 99 ? 30 : n === 119 ? 22 : 10 },
    }));
    expect(at(heavy).volumeSpike).toBe(2);
  });
});

describe('RSI', () => {
  it('is unknown while price never moved, instead of the weakest there is', () => {
    const still = Array.from({ length: 120 }, (_, n) => minute(n));
    const features = at(still);
    expect([features.rsi7, features.rsi14]).toEqual([null, null]);
    expect(features.checksLong.rsi_extreme).toBe(false);
  });

  it('is 100 where price only rose and 0 where it only fell', () => {
    const going = (by: number) => Array.from({ length: 120 }, (_, n) => minute(n, { close: 500 + by * n }));
    expect(at(going(1))).toMatchObject({ rsi7: 100, rsi14: 100 });
    expect(at(going(1)).checksShort.rsi_extreme).toBe(true);
    expect(at(going(-1))).toMatchObject({ rsi7: 0, rsi14: 0 });
    expect(at(going(-1)).checksLong.rsi_extreme).toBe(true);
  });
});

describe('the order book', () => {
  const lean = (imbalance: number, ...last: number[]): BookMinute => ({
    slots: [...Array(6 - last.length).fill(imbalance), ...last].map((i: number) => ({
      seconds: 10,
      imbalance: i,
      bidDepth: 50 * (1 + i),
      askDepth: 50 * (1 - i),
    })),
  });
  const flipping = (before: BookMinute | null, now: BookMinute | null, n = 118) => [
    ...warm.slice(0, 119).map((m, i) => (i === n ? { ...m, book: before } : m)),
    { ...warm[119]!, book: now },
  ];

  it('flips for one side only', () => {
    const features = at(flipping(lean(-0.5), lean(-0.5, 0.5)));
    expect(features).toMatchObject({ bookImbalance60s: -0.5, bookImbalance10s: 0.5 });
    expect([features.checksLong.order_book_flip, features.checksShort.order_book_flip]).toEqual([
      true,
      false,
    ]);
  });

  it('of another minute than the one before tells nothing', () => {
    const minutes = flipping(lean(-0.5), lean(-0.5, 0.5), 117);
    expect(at(minutes)).toMatchObject({ bookImbalance60s: null, bookImbalance10s: 0.5 });
    const holed = minutes.filter((_, n) => n !== 118);
    expect(at(holed)).toMatchObject({ bookImbalance60s: null, bookImbalance10s: 0.5 });
    expect(at(holed).checksLong.order_book_flip).toBe(false);
  });

  it('that became known later, with the same candle, is used and counted', () => {
    const minutes = flipping(lean(-0.5), lean(-0.5, 0.5));
    const older = { ...warm[119]!, book: null };
    expect(at([older, ...minutes])).toEqual(at(minutes));
    expect(at([...minutes, older])).toEqual(at(minutes));
    expect(at(minutes).revision).toBe(120 + 60 + 60);
  });
});

describe('of two minutes with the same candle', () => {
  const seen = (...seconds: (number | null)[]): BookMinute => ({
    slots: seconds.map((n) => (n ? { seconds: n, imbalance: 0, bidDepth: 1, askDepth: 1 } : null)),
  });
  const either = (a: ClosedMinute, b: ClosedMinute) => [
    at([...warm.slice(0, 119), a, b]),
    at([...warm.slice(0, 119), b, a]),
  ];

  it('the one whose book was seen for longer counts', () => {
    const less = minute(119, {}, { book: seen(1, 1, 1, 1, null, 1), lastTradeTs: closeOf(119) - 1 });
    const more = minute(119, {}, { book: seen(1, 1, 1, 1, null, 2), lastTradeTs: closeOf(118) - 60_001 });
    for (const features of either(less, more)) expect(features).toMatchObject({ revision: 126, stale: true });
  });

  it('then the one that knows of a newer trade', () => {
    const old = minute(119, { filled: true }, { lastTradeTs: closeOf(119) - 60_001 });
    const newer = minute(119, { filled: true }, { lastTradeTs: closeOf(119) - 60_000 });
    const unknown = minute(119, { filled: true }, { lastTradeTs: null });
    for (const features of either(old, newer)) expect(features.stale).toBe(false);
    for (const features of either(unknown, newer)) expect(features.stale).toBe(false);
  });
});

describe('a stale bar', () => {
  const lastTraded = (agoMs: number | null, filled: boolean, staleAfterMs = 60_000) => {
    const lastTradeTs = agoMs === null ? null : closeOf(119) - agoMs;
    const params = SignalParams.parse({ market: { staleAfterMs } });
    return at(endingWith(minute(119, { filled, volume: filled ? 0 : 1 }, { lastTradeTs })), 119, params)
      .stale;
  };

  it.each([
    [60_000, true, false],
    [60_001, true, true],
    [1, false, false],
    [null, true, true],
    [null, false, false],
  ])('last traded %s ms before its close, filled %s: %s', (agoMs, filled, stale) => {
    expect(lastTraded(agoMs, filled)).toBe(stale);
  });

  it('without a known time counts as traded at its open', () => {
    expect(lastTraded(null, false, 59_999)).toBe(true);
    expect(lastTraded(30_000, false, 59_999)).toBe(false);
  });
});
