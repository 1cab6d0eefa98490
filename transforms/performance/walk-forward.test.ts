import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../schemas/primitives.ts';
import { added, walkForwardEfficiency, walkWindows } from './walk-forward.ts';

const days = (from: number, to: number) => ({ fromMs: from * DAY_MS, toMs: to * DAY_MS });
const OPTIONS = { ...days(0, 10), trainMs: 4 * DAY_MS, testMs: 2 * DAY_MS, isAnchored: false };

describe('windows of a walk forward', () => {
  it('are tests one after the other, each right after its training', () => {
    expect(walkWindows(OPTIONS)).toEqual([
      { train: days(0, 4), test: days(4, 6) },
      { train: days(2, 6), test: days(6, 8) },
      { train: days(4, 8), test: days(8, 10) },
    ]);
  });

  it('are trained from the beginning where they are anchored, and leave out a rest', () => {
    expect(walkWindows({ ...OPTIONS, toMs: 9.5 * DAY_MS, isAnchored: true })).toEqual([
      { train: days(0, 4), test: days(4, 6) },
      { train: days(0, 6), test: days(6, 8) },
    ]);
  });

  it('do not fit into a shorter time range', () => {
    expect(() => walkWindows({ ...OPTIONS, toMs: 5 * DAY_MS })).toThrow(/6\.0 days, got 5\.0/);
  });
});

describe('walk-forward efficiency', () => {
  // 100 in 4 days is 25 a day; 20 in 2 days is 10.
  const [train, test] = [
    { net: 100, trades: 40, spanMs: 4 * DAY_MS },
    { net: 20, trades: 30, spanMs: 2 * DAY_MS },
  ];

  it('is what a day out of sample earns over one in sample', () => {
    expect(walkForwardEfficiency(train, test, 30)).toBeCloseTo(0.4, 12);
    expect(walkForwardEfficiency(train, { ...test, net: -50 }, 30)).toBeCloseTo(-1, 12);
    expect(added([train, test])).toEqual({ net: 120, trades: 70, spanMs: 6 * DAY_MS });
  });

  it('is not available of few trades, or where training lost', () => {
    expect(walkForwardEfficiency(train, test, 31)).toBeNull();
    expect(walkForwardEfficiency({ ...train, net: 0 }, test, 30)).toBeNull();
  });
});
