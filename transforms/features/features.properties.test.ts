import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS, SignalParams } from '../../schemas/params.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { ClosedMinute } from '../market-data.ts';
import { readRealCandles } from '../real-candles.fixture.ts';
import { modelFeatures } from './features.model.ts';
import { type BarFeatures, barFeatures } from './features.ts';
import { randomMarket, START, shuffled } from './minutes.fixture.ts';

/** Looser than the defaults, so that rare checks hold often enough to be compared. */
const LOOSE = SignalParams.parse({
  exhaustion: { warmupBars: 40, rsiHigh: 65, rsiLow: 35 },
  champion: { rsiHigh: 60, rsiLow: 40 },
});
const closeOf = (n: number) => START + (n + 1) * MINUTE_MS;
const seeds = fc.integer({ min: 1, max: 2 ** 31 });

function expectClose(got: BarFeatures | null, wanted: Partial<BarFeatures> | null, digits: number): void {
  expect(got === null).toBe(wanted === null);
  for (const [name, value] of Object.entries(wanted ?? {})) {
    const found = got?.[name as keyof BarFeatures];
    if (typeof value === 'number') expect(found, name).toBeCloseTo(value, digits);
    else expect(found, name).toEqual(value);
  }
}

describe('features of random markets', () => {
  it('are those of the oracle on every bar, with gaps and without', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, gaps) => {
        const market = randomMarket(seed, 240, gaps);
        for (let n = 30; n < 240; n += 3) {
          const got = barFeatures(market, [], closeOf(n), LOOSE);
          expectClose(got, modelFeatures(market, closeOf(n), LOOSE), 8);
          if (got !== null) tally(got, seen);
        }
      }),
      { seed: 1, numRuns: 25 },
    );
    for (const what of HAPPENINGS) expect(seen.get(what) ?? 0, what).toBeGreaterThan(3);
  });

  it('of 180 bars are those of the whole history, once it is forgotten', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const market = randomMarket(seed, 600);
        const got = barFeatures(market, [], closeOf(599), LOOSE)!;
        const whole = modelFeatures(market, closeOf(599), LOOSE, 600)!;
        expect(got.rsi7).toBeCloseTo(whole.rsi7!, 6);
        expect(got.volumeEma20).toBeCloseTo(whole.volumeEma20!, 4);
        expect(got.rsi14).toBeCloseTo(whole.rsi14!, 2);
      }),
      { seed: 2, numRuns: 10 },
    );
  });

  it('do not change with order, copies or older revisions', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const market = randomMarket(seed, 200, true);
        const older = market.map((m) => revised(m, m.candle.revision - 1 - (seed % 50)));
        const messy = shuffled([...market, ...older, ...market.slice(50, 150)], seed);
        for (const n of [150, 175, 199]) {
          expect(barFeatures(messy, [], closeOf(n), LOOSE)).toEqual(
            barFeatures(market, [], closeOf(n), LOOSE),
          );
        }
      }),
      { seed: 3, numRuns: 40 },
    );
  });

  it('do not change with what comes after the bar', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 60, max: 239 }), (seed, n) => {
        const market = randomMarket(seed, 240);
        const until = market.filter((m) => m.candle.openTime < closeOf(n));
        const elsewise = randomMarket(seed + 1, 240).filter((m) => m.candle.openTime >= closeOf(n));
        const expected = barFeatures(until, [], closeOf(n), LOOSE);
        expect(barFeatures(market, [], closeOf(n), LOOSE)).toEqual(expected);
        expect(barFeatures([...elsewise, ...until], [], closeOf(n), LOOSE)).toEqual(expected);
      }),
      { seed: 4, numRuns: 40 },
    );
  });

  it('have a revision that grows with every newer fact of the window', () => {
    fc.assert(
      fc.property(seeds, fc.nat(119), (seed, at) => {
        const market = randomMarket(seed, 120);
        const newer = market.map((m, n) => (n === at ? revised(m, m.candle.revision + 1) : m));
        const was = barFeatures(market, [], closeOf(119), LOOSE)!.revision;
        expect(barFeatures(newer, [], closeOf(119), LOOSE)!.revision).toBe(was + 1);
      }),
      { seed: 5, numRuns: 40 },
    );
  });
});

it('are those of the oracle on two days of real minutes', async (context) => {
  const candles = (await readRealCandles(context, 'SOLUSDT', '1m')).slice(0, 2_880);
  const market = candles.map(
    (candle): ClosedMinute => ({ candle, book: null, lastTradeTs: null, received: 0 }),
  );
  for (let n = 180; n < market.length; n += 20) {
    const close = market[n]!.candle.openTime + MINUTE_MS;
    const window = market.slice(Math.max(0, n - 200), n + 1);
    const got = barFeatures(window, [], close, DEFAULT_PARAMS);
    // Wicks are checked on the random markets: the oracle knows their tick alone.
    const {
      checksLong: _long,
      checksShort: _short,
      ...wanted
    } = modelFeatures(window, close, DEFAULT_PARAMS)!;
    expectClose(got, wanted, 8);
  }
});

function revised(minute: ClosedMinute, revision: number): ClosedMinute {
  const changed = revision < minute.candle.revision ? { close: 1, volume: 1e6, complete: false } : {};
  return { ...minute, candle: { ...minute.candle, ...changed, revision } };
}

const HAPPENINGS = [
  'volume_drop',
  'double_wick',
  'rsi_extreme',
  'order_book_flip',
  'voided',
  'BULLISH',
  'BEARISH',
];

function tally(features: BarFeatures, seen: Map<string, number>): void {
  const add = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  for (const checks of [features.checksLong, features.checksShort]) {
    for (const [check, holds] of Object.entries(checks)) if (holds) add(check);
  }
  if (features.voided) add('voided');
  if (features.divergence !== null) add(features.divergence);
}
