import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { correlationOf, withBar } from './correlation.ts';
import { sizeWithin, slippageOf } from './depth.ts';
import { nextFunding } from './funding.ts';
import { floorSize, product, total } from './money.ts';
import type { Closes } from './state.ts';
import { configOf, NOW, row, snapshot } from './trade-desk.fixture.ts';
import { walk, within } from './walk.model.ts';

describe('money', () => {
  it('adds and multiplies decimals as on paper', () => {
    expect(total(0.1, 0.2)).toBe(0.3);
    expect(product(1.1, 1.1, 1.1)).toBe(1.331);
    expect(product(100.01, 99.95, 0.0006)).toBe(5.9975997);
    expect(total(1e9, 1e-8, -1e9)).toBe(1e-8);
  });
  it('rounds once, half away from zero', () => {
    expect(product(0.5, 1e-8)).toBe(1e-8);
    expect(product(-0.5, 1e-8)).toBe(-1e-8);
    expect(product(0.4999, 1e-8)).toBe(0);
    expect(total(0.4e-8, 0.4e-8)).toBe(1e-8);
  });
  it('floors sizes to six digits', () => {
    expect(floorSize(1234567.8)).toBe(1234560);
    expect(floorSize(0.00012345678)).toBe(0.000123456);
    expect(floorSize(99.95)).toBe(99.95);
    expect(floorSize(-1)).toBe(0);
    expect(floorSize(Number.POSITIVE_INFINITY)).toBe(0);
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (size) => {
        expect(floorSize(size)).toBeLessThanOrEqual(size * (1 + 1e-9));
        expect(floorSize(size)).toBeGreaterThan(size * (1 - 1.1e-5));
      }),
      { seed: 1 },
    );
  });
});

const books = fc
  .tuple(fc.nat(50), fc.nat(50), fc.nat(50), fc.nat(50), fc.constantFrom(0, 0.01, 0.07, 0.2))
  .map(([a, b, c, d, half]): BookSnapshot => {
    const askDepth = { bps5: a, bps10: a + b, bps25: a + b + c, bps50: a + b + c + d };
    return snapshot({ bestBid: 100 - half, bestAsk: 100 + half, askDepth });
  });

describe('depth', () => {
  it('is walked as the naive walk does', () => {
    fc.assert(
      fc.property(books, fc.double({ min: 0.01, max: 250, noNaN: true }), (book, size) => {
        expect(slippageOf(book, 'asks', size, 0.01)).toBeCloseTo(walk(book, 'ask', size, 0.01), 12);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
  it('gives the largest size within a limit', () => {
    fc.assert(
      fc.property(books, fc.double({ min: 0, max: 0.005, noNaN: true }), (book, limit) => {
        const size = sizeWithin(book, 'asks', 120, limit);
        expect(size).toBeCloseTo(within(book, 'ask', 120, limit), 6);
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

describe('closes', () => {
  const { risk } = configOf().books[0]!;
  const params = { ...risk, correlationMinutes: 30, correlationMinReturns: 10 };

  it('are the same in any order, with copies and revisions', () => {
    const bars = fc.array(
      fc.record({ minute: fc.nat(60), revision: fc.nat(3) }).map(({ minute, revision }) =>
        // Same bar and revision, same content.
        row({ openTime: NOW + minute * MINUTE_MS, revision, close: 100 + minute + revision / 10 }),
      ),
      { minLength: 1, maxLength: 80 },
    );
    fc.assert(
      fc.property(bars, fc.nat(), (rows, seed) => {
        const fold = (those: typeof rows) =>
          those.reduce<Closes | undefined>((closes, bar) => withBar(closes, bar, params), undefined)!;
        const shuffled = [...rows, ...rows].sort(
          (a, b) => ((a.openTime * 7 + seed) % 13) - ((b.openTime * 7 + seed) % 13),
        );
        const [a, b] = [fold(rows), fold(shuffled)];
        const recent = ({ lastMinute, bars }: Closes) => {
          const first = bars.findIndex((bar) => bar !== null);
          return { lastMinute, bars: bars.slice(first) };
        };
        expect(recent(b)).toEqual(recent(a));
        expect(a.bars.length).toBeLessThanOrEqual(31);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('of one pair correlate fully with themselves, and not at all with a flat price', () => {
    const fold = (close: (i: number) => number) =>
      Array.from({ length: 31 }, (_, i) => row({ openTime: NOW + i * MINUTE_MS, close: close(i) })).reduce<
        Closes | undefined
      >((closes, bar) => withBar(closes, bar, params), undefined);
    const wavy = fold((i) => 100 + Math.sin(i));
    const at = NOW + 31 * MINUTE_MS;
    expect(correlationOf(wavy, wavy, at, params)).toEqual({ rho: expect.closeTo(1, 12), returns: 30 });
    expect(
      correlationOf(
        wavy,
        fold(() => 5),
        at,
        params,
      ),
    ).toEqual({ rho: null, returns: 30 });
    expect(correlationOf(wavy, undefined, at, params)).toEqual({ rho: null, returns: 0 });
    expect(correlationOf(wavy, wavy, at + 21 * MINUTE_MS, params), 'nine in the window').toEqual({
      rho: null,
      returns: 9,
    });
  });
});

it('knows the next funding, also over midnight', () => {
  const { funding } = configOf().books[0]!;
  const day = Date.UTC(2024, 4, 1);
  const hour = 3_600_000;
  expect(nextFunding(day - 1, funding)).toBe(day);
  expect(nextFunding(day, funding)).toBe(day + 8 * hour);
  expect(nextFunding(day + 16 * hour, funding)).toBe(day + 24 * hour);
  expect(nextFunding(day, { ...funding, hours: [] })).toBe(Number.POSITIVE_INFINITY);
});
