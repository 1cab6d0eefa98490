import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeLabels } from './place-labels.ts';

const RANGE = { top: 100, bottom: 500 };
const at = (...ys: number[]) => ys.map((y, i) => ({ y, weight: -i }));
const placed = (...ys: number[]) => placeLabels(at(...ys), 40, RANGE).map(({ y }) => y);

describe('labels', () => {
  it('stay where they want to be while there is room', () =>
    expect(placed(400, 200, 240)).toEqual([200, 240, 400]));

  it('share the distance that they must give way', () => {
    expect(placed(300, 300)).toEqual([280, 320]);
    expect(placed(300, 310, 320)).toEqual([270, 310, 350]);
  });

  it('push others that are in the way', () =>
    expect(placed(300, 300, 310, 345)).toEqual([253.75, 293.75, 333.75, 373.75]));

  it('stay within the edges', () => {
    expect(placed(0, 50)).toEqual([120, 160]);
    expect(placed(495, 900)).toEqual([440, 480]);
  });

  it('of least weight are left out where there is no room for all', () => {
    const kept = placeLabels(at(...Array.from({ length: 30 }, () => 300)), 40, RANGE);
    expect(kept).toHaveLength(10);
    expect(kept.every(({ label }) => label.weight > -10)).toBe(true);
  });

  it('never overlap, keep their order and stay inside, whatever is wanted', () => {
    const wanted = fc.record({ y: fc.double({ min: -500, max: 1_000, noNaN: true }), weight: fc.nat(9) });
    const property = fc.property(fc.array(wanted, { maxLength: 30 }), (labels) => {
      const out = placeLabels(labels, 37.5, RANGE);
      expect(out).toHaveLength(Math.min(labels.length, 10));
      for (const [i, { y, label }] of out.entries()) {
        expect(y).toBeGreaterThanOrEqual(RANGE.top + 18.75 - 1e-9);
        expect(y).toBeLessThanOrEqual(RANGE.bottom - 18.75 + 1e-9);
        const next = out[i + 1];
        if (next === undefined) continue;
        expect(next.y - y).toBeGreaterThanOrEqual(37.5 - 1e-9);
        expect(next.label.y).toBeGreaterThanOrEqual(label.y);
      }
    });
    fc.assert(property, { seed: 1, numRuns: 300 });
  });
});
