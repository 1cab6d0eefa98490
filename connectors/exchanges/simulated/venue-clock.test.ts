import fc from 'fast-check';
import { expect, it } from 'vitest';
import { VenueClock } from './venue-clock.ts';

const steering = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: -5_000, max: 5_000 })),
  {
    maxLength: 6,
  },
);

/** Steered at growing times; the last one's time. */
function steered(steps: readonly (readonly [number, number])[]): { clock: VenueClock; last: number } {
  const clock = new VenueClock();
  let last = 1_000;
  for (const [after, skew] of steps) {
    last += after;
    clock.steer(last, skew);
  }
  return { clock, last };
}

it('never goes back, and knows when it first showed what it shows', () => {
  fc.assert(
    fc.property(steering, fc.integer({ min: 0, max: 150_000 }), (steps, ms) => {
      const { clock } = steered(steps);
      const shown = clock.at(ms);
      expect(clock.at(ms + 1)).toBeGreaterThanOrEqual(shown);
      const first = clock.trueTimeOf(shown);
      expect(first).toBeLessThanOrEqual(ms);
      expect(clock.at(first)).toBeGreaterThanOrEqual(shown);
      expect(clock.at(first - 1)).toBeLessThan(shown);
    }),
    { seed: 1, numRuns: 500 },
  );
});

it('ends at the skew it was steered to last', () => {
  fc.assert(
    fc.property(steering, (steps) => {
      const { clock, last } = steered(steps);
      expect(clock.at(last + 50_000) - (last + 50_000)).toBe(steps.at(-1)?.[1] ?? 0);
    }),
    { seed: 1, numRuns: 200 },
  );
});

it('takes 2 ms for each ms of skew', () => {
  const clock = new VenueClock();
  clock.steer(1_000, 300);
  expect([0, 999, 1_000, 1_300, 1_600, 2_000].map((ms) => clock.at(ms))).toEqual([
    0, 999, 1_000, 1_450, 1_900, 2_300,
  ]);
  clock.steer(2_000, 0);
  expect([2_000, 2_300, 2_600, 3_000].map((ms) => clock.at(ms))).toEqual([2_300, 2_450, 2_600, 3_000]);
});
