import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_MACRO_PARAMS, MacroParams } from '../../schemas/macro-params.ts';
import { type Bias, biasAt, SLOT_MS } from './bias.ts';

const PARAMS = DEFAULT_MACRO_PARAMS.bias;

/** Biases after each confidence for LONG, the first at slot 0; before it there was nothing. */
function biases(long: readonly number[], short: readonly number[] = []): (Bias | null)[] {
  const confidenceAt = (slot: number) => ({
    long: long[slot / SLOT_MS] ?? 0,
    short: short[slot / SLOT_MS] ?? 0,
  });
  return long.map((_, i) => biasAt(i * SLOT_MS, confidenceAt, PARAMS));
}

const sides = (found: readonly (Bias | null)[]) => found.map((bias) => bias?.side ?? null);

describe('a bias', () => {
  it('engages at 80 and not before', () => {
    expect(sides(biases([79.99, 80]))).toEqual([null, 'LONG']);
  });

  it('stays at 70 and lifts below', () => {
    expect(sides(biases([80, 70, 69.99, 79.99]))).toEqual(['LONG', 'LONG', null, null]);
  });

  it('expires 4 h after it last reached 80', () => {
    const found = sides(biases([80, ...Array.from({ length: 16 }, () => 75)]));
    expect(found.slice(0, 16)).toEqual(Array.from({ length: 16 }, () => 'LONG'));
    expect(found[16]).toBeNull();
  });

  it('lives on from each time it reaches 80', () => {
    const found = biases([80, 75, 85, 75]);
    expect(found.map((bias) => bias?.expiresAt)).toEqual([16, 16, 18, 18].map((slots) => slots * SLOT_MS));
  });

  it('changes sides at once where the other one engages', () => {
    expect(sides(biases([90, 0, 0], [0, 90, 60]))).toEqual(['LONG', 'SHORT', null]);
  });
});

describe('over any confidences', () => {
  const points = fc.oneof(
    fc.constantFrom(0, 69.99, 70, 75, 79.99, 80, 100),
    fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100),
  );
  const history = fc.array(
    fc
      .tuple(points, fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([long, rest]) => ({ long, short: (100 - long) * rest })),
    { minLength: 1, maxLength: 80 },
  );
  const property = (check: (slots: { long: number; short: number }[], found: (Bias | null)[]) => void) =>
    fc.assert(
      fc.property(history, fc.boolean(), (slots, swap) => {
        const all = swap ? slots.map(({ long, short }) => ({ long: short, short: long })) : slots;
        check(
          all,
          biases(
            all.map(({ long }) => long),
            all.map(({ short }) => short),
          ),
        );
      }),
      { seed: 1, numRuns: 2_000 },
    );
  const pointsOf = (confidence: { long: number; short: number }, { side }: Bias) =>
    side === 'LONG' ? confidence.long : confidence.short;

  it('appears only at 80, and goes only below 70 or after 4 h', () => {
    property((slots, found) => {
      for (const [i, bias] of found.entries()) {
        const before = i === 0 ? null : found[i - 1]!;
        const isNew = bias !== null && bias.side !== before?.side;
        if (isNew) expect(pointsOf(slots[i]!, bias)).toBeGreaterThanOrEqual(80);
        if (before === null || bias?.side === before.side) continue;
        const isLifted = pointsOf(slots[i]!, before) < 70;
        expect(isLifted || i * SLOT_MS >= before.expiresAt).toBe(true);
      }
    });
  });

  it('is what a machine that walks from slot to slot holds', () => {
    property((slots, found) => {
      let held: Bias | null = null;
      for (const [i, confidence] of slots.entries()) {
        if (held !== null && (pointsOf(confidence, held) < 70 || i * SLOT_MS >= held.expiresAt)) held = null;
        for (const side of ['LONG', 'SHORT'] as const) {
          const bias: Bias = { side, expiresAt: i * SLOT_MS + PARAMS.expiresAfterMs };
          if (pointsOf(confidence, bias) >= 80) held = bias;
        }
        expect(found[i]).toEqual(held);
      }
    });
  });

  it('never flickers between 70 and 80', () => {
    const between = fc.array(fc.double({ min: 70, max: 79.99, noNaN: true }), {
      minLength: 1,
      maxLength: 15,
    });
    fc.assert(
      fc.property(between, (long) => {
        expect(new Set(sides(biases(long)))).toEqual(new Set([null]));
        expect(new Set(sides(biases([80, ...long])))).toEqual(new Set(['LONG']));
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

it('refuses parameters by which both sides could hold', () => {
  expect(() => MacroParams.parse({ bias: { liftBelow: 50 } })).toThrow('only one side may hold');
  expect(() => MacroParams.parse({ bias: { engageAt: 60 } })).toThrow('at most engageAt');
});
