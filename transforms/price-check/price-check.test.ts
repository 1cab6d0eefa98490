import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../schemas/candle.ts';
import { SignalParams } from '../../schemas/params.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { minute, randomMarket, START, shuffled } from '../features/minutes.fixture.ts';
import type { ClosedMinute } from '../market-data.ts';
import { checkPrices, comparePrices } from './price-check.beam.ts';
import { modelPriceCheck } from './price-check.model.ts';
import { priceCheck, priceGap } from './price-check.ts';

const VENUES = { lead: 'bybit', other: 'kraken' } as const;
const params = SignalParams.parse({ market: { basisMinutes: 10 } });
const closeOf = (n: number) => START + (n + 1) * MINUTE_MS;

const lead = (n: number, close: number, more: Partial<Candle> = {}) => minute(n, { close, ...more });
const other = (n: number, close: number, more: Partial<Candle> = {}) =>
  minute(n, { venue: 'kraken', symbol: 'XBT/USDT', close, ...more });
/** Gaps of every minute up to some time after the check, then the check. */
const check = (minutes: readonly ClosedMinute[], n = 9) =>
  priceCheck('BTCUSDT', gapsOf(minutes), closeOf(n), params.market);
const gapsOf = (minutes: readonly ClosedMinute[]) =>
  Array.from({ length: 50 }, (_, i) => priceGap(minutes, closeOf(i - 10), VENUES)).filter(
    (gap) => gap !== null,
  );
/** Nine minutes in which the lead is one hundredth above. */
const apart = Array.from({ length: 9 }, (_, n) => [lead(n, 101), other(n, 100)]).flat();

describe('the deviation of a minute', () => {
  it('is the difference of closes less the usual one', () => {
    expect(check([...apart, lead(9, 101), other(9, 100)])).toEqual({
      pair: 'BTCUSDT',
      openTime: closeOf(8),
      deviation: 0,
      diverged: false,
      revision: 20,
    });
    expect(check([...apart, lead(9, 102), other(9, 100)])?.deviation).toBeCloseTo(0.01, 12);
    expect(check([...apart, lead(9, 100), other(9, 100)])?.deviation).toBeCloseTo(-0.01, 12);
  });

  it('leaves the minute itself out of the basis', () => {
    const basis = [0, 1, 2].flatMap((n) => [lead(n, 100 + n), other(n, 100)]);
    expect(check([...basis, lead(9, 150), other(9, 100)])?.deviation).toBeCloseTo(0.5 - 0.01, 12);
  });

  it('takes the mean of the middle two of an even number', () => {
    const basis = [0, 1, 2, 4].flatMap((d, n) => [lead(n, 100 + d), other(n, 100)]);
    expect(check([...basis, lead(9, 100), other(9, 100)])?.deviation).toBeCloseTo(-0.015, 12);
  });

  it.each([
    [2, 0.01],
    [3, 0],
  ])('has a basis of %d minutes or none', (count, deviation) => {
    const minutes = [...apart.slice(0, 2 * count), lead(9, 101), other(9, 100)];
    expect(check(minutes)?.deviation).toBeCloseTo(deviation, 12);
  });

  it('looks back no further than the basis window', () => {
    const old = Array.from({ length: 9 }, (_, n) => [lead(n - 9, 150), other(n - 9, 100)]).flat();
    expect(check([...old, lead(9, 101), other(9, 100)])?.deviation).toBeCloseTo(0.01, 12);
  });
});

describe('a minute diverges', () => {
  it.each([
    [100.5, false],
    [100.501, true],
    [99.5, false],
    [99.499, true],
  ])('at %d against 100: %s', (close, diverged) => {
    expect(check([lead(9, close), other(9, 100)])?.diverged).toBe(diverged);
  });
});

describe('nothing is compared', () => {
  it.each([
    ['where the lead is missing', [...apart, other(9, 100)]],
    ['where the other is missing', [...apart, lead(9, 101)]],
    ['where the lead is filled', [...apart, lead(9, 101, { filled: true }), other(9, 100)]],
    ['where the other is filled', [...apart, lead(9, 101), other(9, 100, { filled: true })]],
    ['with a third venue', [...apart, lead(9, 101), minute(9, { venue: 'binance', close: 100 })]],
    ['where there is nothing', []],
  ])('%s', (_where, minutes) => {
    expect(check(minutes)).toBeNull();
  });

  it('with filled bars of the basis', () => {
    const filled = apart.map((m) => ({ ...m, candle: { ...m.candle, filled: true, close: 100 } }));
    const basis = [0, 1, 2].flatMap((n) => [lead(n, 101), other(n, 100)]);
    const minutes = [...basis, ...filled.slice(6), lead(9, 101), other(9, 100)];
    expect(check(minutes)?.deviation).toBeCloseTo(0, 12);
  });
});

describe('on random markets', () => {
  const market = (seed: number) => [
    ...randomMarket(seed, 30, true),
    ...randomMarket(seed + 1, 30, true).map((m) => ({
      ...m,
      candle: { ...m.candle, venue: 'kraken' as const, symbol: 'XBT/USDT' },
    })),
  ];

  it('the check is that of the oracle, and does not change with order, copies, older revisions or the future', () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (seed) => {
        const minutes = market(seed);
        const older = minutes.map((m) => ({ ...m, candle: { ...m.candle, close: 1, revision: 0 } }));
        const messy = shuffled([...minutes, ...older, ...minutes.slice(10, 40)], seed);
        for (let n = 0; n < 30; n += 3) {
          const got = check(minutes, n);
          const wanted = modelPriceCheck(minutes, closeOf(n), ['bybit', 'kraken'], params.market);
          expect(got === null).toBe(wanted === null);
          expect(got?.deviation ?? 0).toBeCloseTo(wanted?.deviation ?? 0, 12);
          expect(got?.diverged).toBe(wanted?.diverged);
          expect(check(messy, n)).toEqual(got);
          const past = minutes.filter((m) => m.candle.openTime < closeOf(n));
          expect(check(past, n)).toEqual(got);
          if (got !== null) compared++;
        }
      }),
      { seed: 1, numRuns: 100 },
    );
    expect(compared).toBeGreaterThan(400);
  });
});

describe('in the graph', () => {
  const config = {
    venues: VENUES,
    params,
    window: { lookup: () => ({ end: { toNumber: () => closeOf(9) } }) },
    pane: { lookup: () => ({ timing: 'ON_TIME', index: 0 }) },
  } as unknown as Parameters<typeof checkPrices>[1] & Parameters<typeof comparePrices>[1];

  it('a gap leaves within its minute, where there is one', () => {
    const value = [lead(9, 101, { revision: 3 }), other(9, 100, { revision: 4 })];
    expect([...comparePrices({ key: 'BTCUSDT', value }, config)]).toEqual([
      { key: 'BTCUSDT', ts: closeOf(9) - 1, value: { openTime: closeOf(8), difference: 0.01, revision: 7 } },
    ]);
    expect([...comparePrices({ key: 'BTCUSDT', value: value.slice(1) }, config)]).toEqual([]);
  });

  it('a check leaves as a fact of its minute, keyed by pair', () => {
    const minutes = [...apart, lead(9, 101), other(9, 100)];
    expect([...checkPrices({ key: 'BTCUSDT', value: gapsOf(minutes) }, config)]).toEqual([
      { key: 'BTCUSDT', ts: closeOf(9) - 1, value: { kind: 'price', check: check(minutes) } },
    ]);
    expect([...checkPrices({ key: 'BTCUSDT', value: gapsOf(apart) }, config)]).toEqual([]);
  });

  it('of two revisions of a gap the newer counts', () => {
    const gap = priceGap([lead(9, 101), other(9, 100)], closeOf(9), VENUES)!;
    const newer = { ...gap, difference: 0.5, revision: gap.revision + 1 };
    for (const gaps of [
      [gap, newer],
      [newer, gap],
    ]) {
      expect(priceCheck('BTCUSDT', gaps, closeOf(9), params.market)?.deviation).toBe(0.5);
    }
  });
});
