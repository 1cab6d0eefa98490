import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeAfter, HOUR_MS, MAX_EVENT_TIME, MINUTE_MS } from './primitives.ts';

describe('the close after an instant', () => {
  it.each([
    ['the first instant of a window', 0, MINUTE_MS, 60_000],
    ['its last', 59_999, MINUTE_MS, 60_000],
    ['the first of the next', 60_000, MINUTE_MS, 120_000],
    ['a part of a millisecond before an end', 59_999.9, MINUTE_MS, 60_000],
    ['before the epoch', -1, MINUTE_MS, 0],
    ['an hour', Date.UTC(2024, 1, 29, 23, 59, 59, 999), HOUR_MS, Date.UTC(2024, 2, 1)],
    ['no time yet', Number.NEGATIVE_INFINITY, MINUTE_MS, Number.NEGATIVE_INFINITY],
  ])('is right for %s', (_, ts, lengthMs, close) => {
    expect(closeAfter(ts, lengthMs)).toBe(close);
  });

  it('is that of whole arithmetic, over all event times', () => {
    const times = fc.integer({ min: 0, max: MAX_EVENT_TIME });
    const lengths = fc.oneof(fc.integer({ min: 1, max: 24 * HOUR_MS }), fc.constant(MINUTE_MS));
    const check = (ts: number, lengthMs: number) => {
      const close = (BigInt(ts) / BigInt(lengthMs) + 1n) * BigInt(lengthMs);
      expect(closeAfter(ts, lengthMs)).toBe(Number(close));
    };
    fc.assert(fc.property(times, lengths, check), { seed: 1 });
    const boundaries = fc.property(times, lengths, fc.integer({ min: -1, max: 1 }), (ts, lengthMs, by) => {
      check(Math.max(0, ts - (ts % lengthMs) + by), lengthMs);
    });
    fc.assert(boundaries, { seed: 1 });
  });
});
