import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../schemas/candle.ts';
import type { Level } from '../../schemas/level-set.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { candle } from '../candle.fixture.ts';
import { marketArbitrary } from '../market.arbitrary.ts';
import { hourlySwings, isRoundNumber } from './confluence.ts';
import { modelLevels, modelProfile } from './levels.model.ts';
import { levelsAt } from './levels.ts';
import { strengthOf } from './strength.ts';
import { pointOfControl } from './volume-profile.ts';

const SLOT = 900_000;
const AS_OF = Date.UTC(2025, 5, 2, 12);
const PARAMS = { ...DEFAULT_PARAMS.levels, minCandles: 5 };

/** Bars [high, low, close] up to AS_OF; far from everything unless said otherwise. */
type Bar = readonly [high: number, low: number, close: number];
const AWAY: Bar = [95, 94, 94.5];
const PIVOT: Bar = [100, 95, 96];

function market(...bars: (Bar | 'filled')[]): Candle[] {
  return bars.map((bar, i) => {
    const openTime = AS_OF - (bars.length - i) * SLOT;
    if (bar === 'filled') return candle({ openTime, open: 100, filled: true, volume: 0 });
    const [high, low, close] = bar;
    return candle({ openTime, open: close, high, low, close, volume: 1 });
  });
}

const near = (levels: readonly Level[] | undefined, price: number) =>
  levels?.find((level) => level.price === price);
const levelAt100 = (bars: Candle[], params = PARAMS) => near(levelsAt(bars, AS_OF, params)?.levels, 100);

/** A resistance at 100 with a second visit, then what is asked. */
const twice = (...bars: (Bar | 'filled')[]) =>
  market(AWAY, AWAY, PIVOT, AWAY, AWAY, PIVOT, AWAY, AWAY, ...bars);

describe('a touch', () => {
  it('makes a level at the third visit', () => {
    expect(levelAt100(twice())).toBeUndefined();
    expect(levelAt100(twice(PIVOT, AWAY))).toMatchObject({
      role: 'RESISTANCE',
      touches: 3,
      recentTouches: 3,
      flipped: false,
      volume: 3,
      firstTouch: AS_OF - 8 * SLOT,
      lastTouch: AS_OF - 2 * SLOT,
    });
  });

  it.each([
    ['exactly at touchTolerance', [99.75, 95, 96], 3],
    ['a cent short of it', [99.74, 95, 96], undefined],
    ['exactly at it above the level, closing exactly at wickTolerance', [100.25, 95, 100.15], 3],
    ['a cent further', [100.26, 95, 100.15], undefined],
  ] as const)('may come %s', (_, bar, touches) => {
    expect(levelAt100(twice(bar, AWAY))?.touches).toBe(touches);
  });

  it('is one visit of several bars', () => {
    const level = levelAt100(twice(PIVOT, [99.9, 98, 99], PIVOT, AWAY));
    expect(level).toMatchObject({ touches: 3, volume: 5, lastTouch: AS_OF - 2 * SLOT });
  });

  it('is not made by a filled bar, nor is a visit ended by one', () => {
    expect(levelAt100(twice('filled', AWAY))).toBeUndefined();
    expect(levelAt100(twice(PIVOT, 'filled', PIVOT, AWAY))?.touches).toBe(3);
  });

  it('does not count from before the pivot', () => {
    const before: Bar[] = [[99.9, 95, 96], AWAY, AWAY];
    expect(
      levelAt100([...market(...before, AWAY, AWAY, PIVOT, AWAY, AWAY, PIVOT, AWAY, AWAY)]),
    ).toBeUndefined();
  });
});

describe('a candidate', () => {
  const early = (...bars: Bar[]) => market(AWAY, AWAY, ...bars);

  it('needs two lower bars after it', () => {
    const params = { ...PARAMS, minTouches: 1 };
    expect(levelAt100(early(PIVOT, AWAY), { ...params, minCandles: 1 })).toBeUndefined();
    expect(levelAt100(early(PIVOT, AWAY, AWAY), params)?.touches).toBe(1);
  });

  it('is a low as well', () => {
    const high: Bar = [110, 105, 108];
    const low: Bar = [105, 100, 104];
    const bars = market(high, high, low, high, high, low, high, high, low, high);
    expect(levelAt100(bars)).toMatchObject({ role: 'SUPPORT', touches: 3 });
  });
});

describe('a break', () => {
  const above: Bar = [103, 101, 102];
  const retest: Bar = [102, 100.25, 101];

  it('takes the standing', () => {
    expect(levelAt100(twice(PIVOT, AWAY, above))).toBeUndefined();
    expect(levelAt100(twice(PIVOT, AWAY, [102, 95, 100.16], above))).toBeUndefined();
  });

  it('flips a level that is then respected from the other side', () => {
    expect(levelAt100(twice(above, above, retest, above))).toMatchObject({
      role: 'SUPPORT',
      touches: 3,
      flipped: true,
    });
    expect(levelAt100(twice(above, above, [102, 100.26, 101], above))).toBeUndefined();
  });

  it('does not count the stay in which it broke', () => {
    const breaking: Bar = [101, 99, 100.2];
    expect(levelAt100(twice(breaking, [101, 100.1, 100.5], above))).toBeUndefined();
    expect(levelAt100(twice([101, 95, 100.2], [101, 100.1, 100.5], above))).toBeUndefined();
    expect(levelAt100(twice(breaking, [101, 99, 100.5], [101, 100.1, 100.5], above))).toBeUndefined();
    expect(levelAt100(twice(breaking, above, retest, above))?.touches).toBe(3);
  });

  it('is not undone by price that comes back, however often that visits', () => {
    expect(levelAt100(twice(above, AWAY))).toBeUndefined();
    expect(levelAt100(twice(above, AWAY, PIVOT, AWAY))).toBeUndefined();
    expect(levelAt100(twice(above, AWAY, PIVOT, AWAY, PIVOT, AWAY, PIVOT, AWAY))).toBeUndefined();
  });

  it('and another one flip the level only once it is respected', () => {
    expect(levelAt100(twice(above, AWAY, above))).toBeUndefined();
    expect(levelAt100(twice(above, AWAY, PIVOT, AWAY, above, AWAY, above))).toBeUndefined();
    expect(levelAt100(twice(above, AWAY, PIVOT, AWAY, above, retest, above))).toMatchObject({
      role: 'SUPPORT',
      touches: 3,
      volume: 3,
      flipped: true,
    });
  });

  it('asks for a whole bar on the new side again after a close back', () => {
    const back: Bar = [102, 99, 99.8];
    const across: Bar = [102, 99.9, 101];
    expect(levelAt100(twice(above, back, across, across))).toBeUndefined();
    expect(levelAt100(twice(above, back, across, above, retest))?.role).toBe('SUPPORT');
    expect(levelAt100(twice(above, [102, 99, 99.85], across))?.role).toBe('SUPPORT');
  });

  it('of the flipped role, respected in turn, gives back the first', () => {
    expect(levelAt100(twice(above, retest, above, AWAY))).toBeUndefined();
    expect(levelAt100(twice(above, retest, above, AWAY, PIVOT, AWAY))).toMatchObject({
      role: 'RESISTANCE',
      touches: 4,
      flipped: true,
    });
  });
});

describe('the recent half', () => {
  /** Two visits at once, then `wait` bars, then one: half of the visits is at least 1.5, so two must be recent. */
  const waiting = (wait: number) =>
    market(AWAY, AWAY, PIVOT, AWAY, AWAY, PIVOT, ...new Array<Bar>(wait).fill(AWAY), PIVOT, AWAY);

  it('begins exactly recentHours before the close', () => {
    // 8 h are 32 bars: the second visit is the 32nd from the end, then the 33rd.
    expect(levelAt100(waiting(29))).toMatchObject({ touches: 3, recentTouches: 2 });
    expect(levelAt100(waiting(30))).toBeUndefined();
  });

  it('is met by exactly half', () => {
    const params = { ...PARAMS, minTouches: 2 };
    const bars = market(AWAY, AWAY, PIVOT, ...new Array<Bar>(40).fill(AWAY), PIVOT, AWAY);
    expect(levelAt100(bars, params)).toMatchObject({ touches: 2, recentTouches: 1 });
  });
});

describe('the window', () => {
  const bars = twice(PIVOT, AWAY);

  it('needs minCandles', () => {
    expect(levelAt100(bars, { ...PARAMS, minCandles: bars.length })).toBeDefined();
    const known = levelsAt(bars, AS_OF, { ...PARAMS, minCandles: bars.length + 1 });
    expect(known).toMatchObject({ levels: [], candles: 10, pointOfControl: expect.any(Number), atr: null });
  });

  it('is nothing without the bar that closes now', () => {
    expect(levelsAt(bars.slice(0, -1), AS_OF, PARAMS)).toBeNull();
    expect(levelsAt([], AS_OF, PARAMS)).toBeNull();
  });

  it('takes the highest revision of each bar and adds them up', () => {
    const revised = bars.map((bar) => ({ ...bar, revision: 7, complete: bar !== bars[3] }));
    const known = levelsAt([...bars, ...revised, ...bars], AS_OF, PARAMS);
    expect(known).toMatchObject({ revision: 70, candles: 10, complete: false });
  });

  it('has an ATR from 15 candles on, filled ones among them', () => {
    expect(levelsAt(market('filled', ...new Array<Bar>(14).fill(AWAY)), AS_OF, PARAMS)?.atr).toBeGreaterThan(
      1,
    );
    expect(levelsAt(market(...new Array<Bar>(14).fill(AWAY)), AS_OF, PARAMS)?.atr).toBeNull();
    expect(levelsAt(market(...new Array<Bar>(15).fill(AWAY)), AS_OF, PARAMS)?.atr).toBe(1);
  });
});

describe('confluence', () => {
  it.each([
    [100_000, true],
    [105_240, true],
    [105_300, false],
    [102_500, false],
    [0.22, true],
    [0.2206, false],
    [20, true],
    [46, true],
    [47, false],
    [1e-6, true],
    [1.33e-6, false],
  ])('of a round number at %d is %s', (price, wanted) => {
    expect(isRoundNumber(price, 0.0025)).toBe(wanted);
  });

  it('of 1h swings knows only whole hours', () => {
    const hours = [1, 2, 9, 3, 2].flatMap((high) => new Array<Bar>(4).fill([high, 1, 1]));
    const bars = market(...hours);
    expect(hourlySwings(bars, AS_OF - 20 * SLOT, AS_OF, 2)).toEqual([9]);
    expect(hourlySwings(bars, AS_OF - 20 * SLOT, AS_OF - SLOT, 2)).toEqual([]);
    expect(hourlySwings(bars, AS_OF - 19 * SLOT, AS_OF, 2)).toEqual([]);
  });

  it('of the point of control is where most volume is', () => {
    const bars = [
      { high: 10, low: 0, volume: 10 },
      { high: 7, low: 6, volume: 5 },
    ];
    expect(pointOfControl(bars, 10)).toBe(6.5);
    expect(pointOfControl([{ high: 3, low: 3, volume: 1 }], 10)).toBe(3);
    expect(pointOfControl([{ high: 4, low: 3, volume: 0 }], 10)).toBeNull();
    expect(pointOfControl([], 10)).toBeNull();
  });
});

describe('strength', () => {
  it('adds up touches, recency, volume and confluence', () => {
    expect(strengthOf({ touches: 1, idle: 0.5, volume: 0.125, confluence: 2 })).toBeCloseTo(
      0.4 / 2 + 0.2 / 2 + 0.2 / 2 + 0.1,
      12,
    );
    expect(strengthOf({ touches: 9, idle: 0, volume: 1, confluence: 4 })).toBe(1);
  });
});

describe('on random markets', () => {
  const markets = marketArbitrary('15m', 140, AS_OF);

  it('levels equal those of the naive oracle', () => {
    let found = 0;
    let flipped = 0;
    fc.assert(
      fc.property(markets, fc.integer({ min: 0, max: 7 }), (candles, back) => {
        const asOf = AS_OF - back * SLOT;
        const known = levelsAt(candles, asOf, PARAMS);
        const wanted = known === null ? [] : modelLevels(candles, asOf, PARAMS, known.pointOfControl);
        const got = (known?.levels ?? []).toSorted(
          (a, b) => a.price - b.price || a.firstTouch - b.firstTouch,
        );
        const bare = (levels: Level[]) => levels.map((level) => ({ ...level, strength: 0 }));
        expect(bare(got)).toEqual(bare(wanted));
        for (const [i, level] of got.entries()) expect(level.strength).toBeCloseTo(wanted[i]!.strength, 9);
        found += got.length;
        flipped += got.filter((level) => level.flipped).length;
      }),
      { seed: 1, numRuns: 400 },
    );
    expect(found).toBeGreaterThan(500);
    expect(flipped).toBeGreaterThan(100);
  });

  it('the point of control has the most volume', () => {
    fc.assert(
      fc.property(markets, (candles) => {
        const bars = candles.filter((bar) => bar.high > bar.low);
        const poc = pointOfControl(bars, 50);
        fc.pre(poc !== null);
        const profile = modelProfile(bars, 50);
        const bucket = profile.find(({ price }) => Math.abs(price - poc) < 1e-9);
        expect(bucket?.volume).toBeCloseTo(Math.max(...profile.map(({ volume }) => volume)), 6);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('levels know nothing of what comes after the close', () => {
    fc.assert(
      fc.property(markets, fc.integer({ min: 0, max: 100 }), (candles, back) => {
        const asOf = AS_OF - back * SLOT;
        const prefix = candles.filter((bar) => bar.openTime < asOf);
        expect(levelsAt(candles, asOf, PARAMS)).toEqual(levelsAt(prefix, asOf, PARAMS));
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
