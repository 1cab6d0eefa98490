import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INTERVAL_MS, INTERVALS } from '../../../schemas/primitives.ts';
import { barsOf, holesOf, pagesOf, wholeBars } from './pages.ts';

const START = Date.UTC(2025, 0, 1);
const MINUTE = 60_000;
const RUNS = { seed: 1, numRuns: 200 };

const spans = fc
  .record({ interval: fc.constantFrom(...INTERVALS), from: fc.nat(5_000), bars: fc.nat(5_000) })
  .map(({ interval, from, bars }) => {
    const fromMs = START + from * INTERVAL_MS[interval];
    return { interval, fromMs, toMs: fromMs + bars * INTERVAL_MS[interval] };
  });

describe('pages', () => {
  it('cover the span, one after the other, none longer than an answer', () => {
    fc.assert(
      fc.property(spans, ({ interval, ...span }) => {
        const pages = pagesOf(interval, span);
        let next = span.fromMs;
        for (const page of pages) {
          expect(page.fromMs).toBe(next);
          expect(barsOf(interval, page)).toBeGreaterThan(0);
          expect(barsOf(interval, page)).toBeLessThanOrEqual(1_000);
          next = page.toMs;
        }
        expect(next).toBe(span.toMs);
      }),
      RUNS,
    );
  });

  it('are the same in a longer span, but for its ends', () => {
    const inner = pagesOf('1m', { fromMs: START, toMs: START + 3_000 * MINUTE });
    const outer = pagesOf('1m', { fromMs: START - 7_777 * MINUTE, toMs: START + 9_999 * MINUTE });
    for (const page of inner.slice(1, -1)) expect(outer).toContainEqual(page);
  });

  it('have whole bars alone', () => {
    const span = { fromMs: START + 1, toMs: START + 3 * MINUTE - 1 };
    expect(wholeBars('1m', span)).toEqual({ fromMs: START + MINUTE, toMs: START + 2 * MINUTE });
  });
});

describe('holes', () => {
  it('are where no bar is', () => {
    fc.assert(
      fc.property(spans, fc.uniqueArray(fc.nat(60), { maxLength: 40 }), ({ interval, fromMs }, places) => {
        const length = INTERVAL_MS[interval];
        const there = new Set(places);
        const openTimes = [...there].sort((a, b) => a - b).map((place) => fromMs + place * length);
        const holes = holesOf(interval, { fromMs, toMs: fromMs + 50 * length }, openTimes);
        // By looking at each bar.
        const missing = Array.from({ length: 50 }, (_, i) => i).filter((place) => !there.has(place));
        const told = holes.flatMap((hole) =>
          Array.from({ length: barsOf(interval, hole) }, (_, i) => (hole.fromMs - fromMs) / length + i),
        );
        expect(told).toEqual(missing);
        for (const [i, hole] of holes.entries()) expect(hole.fromMs).not.toBe(holes[i - 1]?.toMs);
      }),
      RUNS,
    );
  });
});
