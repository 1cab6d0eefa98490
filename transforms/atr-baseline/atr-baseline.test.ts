import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../schemas/primitives.ts';
import { type AtrObservation, atrBaselinesOf, atrDayOf } from './atr-baseline.ts';

const SLOT = 900_000;
const DAY = Date.UTC(2025, 5, 2);

/** Slots 1 … `count` of the day, ATR = slot number. */
const slots = (count: number): AtrObservation[] =>
  Array.from({ length: count }, (_, i) => ({ asOf: DAY + (i + 1) * SLOT, atr: i + 1, revision: 1 }));

describe('a day', () => {
  it('is the mean of its slots', () => {
    expect(atrDayOf(slots(96), DAY)).toEqual({ day: DAY, atr: 48.5, revision: 96 });
  });

  it('is whole with 90 slots', () => {
    expect(atrDayOf(slots(90), DAY)?.atr).toBe(45.5);
    expect(atrDayOf(slots(89), DAY)).toBeNull();
  });

  it('ends with the slot that closes at midnight and begins after the one before', () => {
    const before = { asOf: DAY, atr: 1e6, revision: 1 };
    const after = { asOf: DAY + DAY_MS + SLOT, atr: 1e6, revision: 1 };
    expect(atrDayOf([before, ...slots(96), after], DAY)?.atr).toBe(48.5);
  });

  it('takes the highest revision of each slot, however often and in whatever order it comes', () => {
    const better = { asOf: DAY + SLOT, atr: 97, revision: 5 };
    const day = { day: DAY, atr: 49.5, revision: 100 };
    expect(atrDayOf([better, ...slots(96), ...slots(96)], DAY)).toEqual(day);
    expect(atrDayOf([...slots(96), better, better].reverse(), DAY)).toEqual(day);
  });
});

describe('the baseline of a day', () => {
  const daysBack = (days: number, atr: number, revision = 1) => ({ day: DAY - days * DAY_MS, atr, revision });

  it('is the mean of the whole days before, for each of its 96 slots', () => {
    const baselines = atrBaselinesOf([daysBack(1, 2), daysBack(3, 4)], DAY);
    expect(baselines.map(({ asOf }) => asOf)).toEqual(slots(96).map(({ asOf }) => asOf));
    expect(new Set(baselines.map(({ atr }) => atr))).toEqual(new Set([3]));
    expect(baselines[0]).toEqual({ kind: 'atrBaseline', asOf: DAY + SLOT, atr: 3, revision: 2 });
  });

  it('looks back 20 days and never at itself', () => {
    expect(atrBaselinesOf([daysBack(0, 9), daysBack(20, 2), daysBack(21, 9)], DAY)[0]?.atr).toBe(2);
  });

  it('takes the highest revision of each day', () => {
    expect(atrBaselinesOf([daysBack(1, 7, 2), daysBack(1, 2)], DAY)[0]).toMatchObject({
      atr: 7,
      revision: 2,
    });
  });

  it('is none where no whole day is known', () => {
    expect(atrBaselinesOf([], DAY)).toEqual([]);
  });
});
