import { describe, expect, it } from 'vitest';
import { above, atLeast, atMost, below } from './thresholds.ts';

describe('a value that equals its limit but for rounding', () => {
  it.each([
    [100.6 - 100, 0.6],
    [0.1 + 0.2, 0.3],
    [60_030.1 - 60_000, 30.1],
    [-(0.1 + 0.2), -0.3],
    [1e8 * (0.1 + 0.2), 3e7],
    [1e8 * (100.6 - 100), 6e7],
    [0, 0],
  ])('%d is at its limit %d, neither above nor below', (value, limit) => {
    expect([atLeast(value, limit), atMost(value, limit)]).toEqual([true, true]);
    expect([above(value, limit), below(value, limit)]).toEqual([false, false]);
  });
});

describe('a value that differs from its limit', () => {
  it.each([
    [0.600001, 0.6],
    [-0.299999, -0.3],
    [1e-12, 0],
  ])('%d is above %d', (value, limit) => {
    expect([above(value, limit), atLeast(value, limit)]).toEqual([true, true]);
    expect([below(value, limit), atMost(value, limit)]).toEqual([false, false]);
    expect([below(limit, value), atMost(limit, value)]).toEqual([true, true]);
  });
});

it('compares nothing with what is no number', () => {
  for (const compare of [above, atLeast, atMost, below]) expect(compare(Number.NaN, 1)).toBe(false);
});
